"""The schema: made from nothing, up and down, by several at once; and equal to the models."""

import threading
from concurrent.futures import ThreadPoolExecutor

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from db.engine import MIGRATIONS, make_engine, migrate
from db.index import index_instances
from db.models import Base
from tests.db.arrivals import arrival, rows


def test_migrated_schema_is_the_models(engine: Engine):
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_second_migration_keeps_what_is_there(engine: Engine):
    index_instances(engine, [arrival()])
    migrate(engine)
    assert len(rows(engine, "SELECT * FROM v_studies")) == 1


def test_processes_that_start_together_migrate_once(database_url: str):
    start = threading.Barrier(4)

    def start_up(_: int) -> int:
        engine = make_engine(database_url)
        start.wait()
        migrate(engine)
        count = len(rows(engine, "SELECT * FROM alembic_version"))
        engine.dispose()
        return count

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(start_up, range(4))) == [1] * 4


def test_downgrade_leaves_nothing(engine: Engine):
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.execution_options(writing=True).begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    with engine.connect() as connection:
        left = inspect(connection)
        assert (left.get_table_names(), left.get_view_names()) == (["alembic_version"], [])
    migrate(engine)
    assert rows(engine, "SELECT * FROM v_studies") == []


def test_history_is_one_line():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1
