"""The texts of this process: English, under the translation that the environment names."""

import os
from pathlib import Path

from catalogue.translation import Sections, read_catalogue

VARIABLE = "BETZ_CATALOGUE"

CATALOGUE = read_catalogue(Path(given) if (given := os.environ.get(VARIABLE)) else None)

TEXTS: Sections = CATALOGUE.sections
