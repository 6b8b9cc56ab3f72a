"""What Betz knows of every study: models, migrations, views, queries."""
