"""A study's series brought together, and with the atlas."""
