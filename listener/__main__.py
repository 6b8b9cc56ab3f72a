"""``betz``, and ``python -m listener``."""

import sys

from catalogue.translation import CatalogueError


def main() -> None:
    """Run a command, unless the site's texts cannot be used."""
    from listener.cli import app  # noqa: PLC0415

    try:
        app(prog_name="betz")
    except CatalogueError as error:
        sys.stderr.write(f"The translation of the texts is not valid.\n{error}\n")
        sys.exit(2)


if __name__ == "__main__":
    main()
