"""``python -m listener`` is ``betz``."""

if __name__ == "__main__":
    from listener.cli import app

    app(prog_name="betz")
