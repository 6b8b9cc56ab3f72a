"""Where the figures in the README come from, each by one command: ``python -m benchmarks NAME``."""
