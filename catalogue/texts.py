"""The texts of this process: English, under the translation that the environment names."""

import hashlib
import json
import os
from pathlib import Path

from catalogue.translation import Sections, read_catalogue

VARIABLE = "BETZ_CATALOGUE"

CATALOGUE = read_catalogue(Path(given) if (given := os.environ.get(VARIABLE)) else None)

TEXTS: Sections = CATALOGUE.sections

FINGERPRINT = hashlib.sha256(json.dumps(TEXTS, sort_keys=True).encode()).hexdigest()
"""Changes with any text: what is written in other words is another object."""
