"""Every text that is written for a radiologist, in one file that a site can translate: ``en.toml``."""
