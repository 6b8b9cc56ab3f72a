"""How often a drawn sign is found, and one that was not drawn: ``python -m benchmarks signs [PART]``.

Every part draws synthetic patients, each from a seed of its own, and asks the software what it sees. The
result is phantom performance: how the software behaves on what the phantoms draw, and nothing of diagnostic
accuracy.
"""

from benchmarks.signs.command import app

__all__ = ["app"]
