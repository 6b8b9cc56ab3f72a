"""Reference distributions that a measurement is compared with."""
