"""Pixels in, findings out: no network, no database, no clock."""
