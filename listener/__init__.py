"""DICOM in, decisions, DICOM out."""
