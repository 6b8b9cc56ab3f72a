"""Time, memory and overlap of the brain analysis, beside ANTs: ``python -m benchmarks brain``."""
