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


def command_to(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.execution_options(writing=True).begin() as connection:
        config.attributes["connection"] = connection
        (command.upgrade if revision == "head" else command.downgrade)(config, revision)


def test_every_revision_can_be_left_and_reached_again(engine: Engine):
    """With rows in the tables; the views of each revision answer."""
    index_instances(engine, [arrival()])
    for revision in ("0004", "0003", "0002", "0001", "head"):
        command_to(engine, revision)
        views = inspect(engine).get_view_names()
        assert {"v_studies", "v_findings", "v_daily"} <= set(views)
        assert ("v_measurements" in views) == (revision != "0001")
        for view in views:
            rows(engine, f"SELECT * FROM {view}")
        assert len(rows(engine, "SELECT * FROM v_studies")) == 1


def test_reports_and_their_deliveries_outlive_the_migration(engine: Engine):
    index_instances(engine, [arrival()])
    [study] = rows(engine, "SELECT id FROM study")
    command_to(engine, "0004")
    columns = "id, study_id, version, sop_instance_uid, sop_class_uid, series_instance_uid"
    with engine.execution_options(writing=True).begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO report ({columns}, predecessor_id, software_version, created_at) VALUES"
            f" (7, {study.id}, 1, '1.2', '1.3', '1.4', NULL, '1', '2026-01-01'),"
            f" (8, {study.id}, 2, '1.5', '1.3', '1.4', 7, '1', '2026-01-02')"
        )
        connection.exec_driver_sql(
            "INSERT INTO delivery (id, report_id, destination, status, attempts, next_attempt_at)"
            " VALUES (3, 8, 'PACS', 'waiting', 2, '2026-01-02')"
        )
    for revision in ("head", "0004", "head"):
        command_to(engine, revision)
        kept = rows(engine, "SELECT report.id, predecessor_id, attempts FROM report JOIN delivery"
                    " ON delivery.report_id = report.id")  # fmt: skip
        assert [tuple(row) for row in kept] == [(8, 7, 2)]
    assert [r.kind for r in rows(engine, "SELECT kind FROM v_objects")] == ["sr", "sr"]


def test_history_is_one_line():
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert len(ScriptDirectory.from_config(config).get_heads()) == 1
