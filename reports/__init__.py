"""Findings in, DICOM objects out."""
