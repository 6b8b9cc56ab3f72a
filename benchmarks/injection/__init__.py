"""Signs put into real heads, and whether they are found: ``python -m benchmarks injection``."""
