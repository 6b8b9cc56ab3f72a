"""Synthetic patients as DICOM studies."""
