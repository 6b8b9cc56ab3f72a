"""What the index says of instances, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event

from db.engine import make_engine, migrate, writing
from db.index import Indexed, index_instances
from db.lifecycle import study_by_uid
from db.models import Report, Study, StudyStatus
from tests.images import STUDY_UID

from .arrivals import EXPLICIT, NOW, SR, arrival, rows, settled_study

NEW, REPEATED, CONFLICTING, OWN = Indexed.NEW, Indexed.REPEATED, Indexed.CONFLICTING, Indexed.OWN


def test_first_instance_makes_its_study_and_series(engine: Engine):
    assert index_instances(engine, [arrival(1)]) == [NEW]
    [study] = rows(engine, "SELECT status, version, patient_name, series, instances FROM v_studies")
    assert tuple(study) == ("receiving", 1, "Planck^Max", 1, 1)
    [instance] = rows(engine, "SELECT sha256, size_bytes, version, calling_ae FROM instance")
    assert tuple(instance) == (f"{1:064x}", 1000, 1, "SCANNER")


def test_times_come_back_in_utc_to_the_microsecond(engine: Engine):
    settled_study(engine, images=1)
    with writing(engine) as session:
        study = study_by_uid(session, STUDY_UID)
        assert study.first_received_at == study.last_received_at == NOW + timedelta(seconds=1)
        assert study.first_received_at.utcoffset() == timedelta(0)


def test_repeat_changes_nothing(engine: Engine):
    index_instances(engine, [arrival(1)])
    again = arrival(1, received_at=NOW + timedelta(hours=1))
    assert index_instances(engine, [again]) == [REPEATED]
    [row] = rows(engine, "SELECT instances FROM v_studies")
    assert row.instances == 1
    with writing(engine) as session:
        assert study_by_uid(session, STUDY_UID).last_received_at == NOW + timedelta(seconds=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256": "f" * 64},
        {"transfer_syntax_uid": "1.2.840.10008.1.2"},
        {"series_instance_uid": "1.2.3"},
        {"study_instance_uid": "1.2.3"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_same_uid_with_anything_else_conflicts(engine: Engine, changes: dict[str, str]):
    index_instances(engine, [arrival(1)])
    assert index_instances(engine, [arrival(1, **changes)]) == [CONFLICTING]
    [row] = rows(engine, "SELECT sha256, transfer_syntax_uid FROM instance")
    assert tuple(row) == (f"{1:064x}", EXPLICIT)


def test_batch_is_judged_in_the_order_of_arrival(engine: Engine):
    other_study = arrival(1, study="1.2.3")
    batch = [
        arrival(1),
        arrival(1),
        other_study,
        arrival(1, sha256="f" * 64),
        arrival(2, series=2),
        arrival(2),
        arrival(3, sop_instance_uid=other_study.sop_instance_uid),
    ]
    assert index_instances(engine, batch) == [NEW, REPEATED, NEW, CONFLICTING, NEW, NEW, CONFLICTING]
    assert [row.instances for row in rows(engine, "SELECT instances FROM v_studies ORDER BY 1")] == [1, 3]


def test_one_series_uid_in_two_studies_is_two_series(engine: Engine):
    index_instances(engine, [arrival(1, series_instance_uid="9.9")])
    assert index_instances(engine, [arrival(1, study="1.2.3", series_instance_uid="9.9")]) == [NEW]
    counts = rows(engine, "SELECT series_instance_uid, instances FROM v_series")
    assert [tuple(row) for row in counts] == [("9.9", 1), ("9.9", 1)]


def test_image_opens_the_next_version_of_a_settled_study(engine: Engine):
    settled_study(engine, images=2)
    late = NOW + timedelta(hours=1)
    batch = [arrival(3, received_at=late), arrival(4, received_at=late + timedelta(seconds=1))]
    assert index_instances(engine, batch) == [NEW, NEW]
    [study] = rows(engine, "SELECT status, version, settled_at, complete FROM v_studies")
    assert tuple(study) == ("receiving", 2, None, None)
    assert [r.version for r in rows(engine, "SELECT version FROM instance ORDER BY id")] == [1, 1, 2, 2]
    [reopened] = rows(engine, "SELECT who, details FROM event WHERE what = 'study-reopened'")
    assert reopened.who == "listener"
    with writing(engine) as session:
        study = study_by_uid(session, STUDY_UID)
        assert (study.opened_at, study.last_received_at) == (late, late + timedelta(seconds=1))


@pytest.mark.parametrize("again", [arrival(1), arrival(1, sha256="f" * 64)], ids=["repeat", "conflict"])
def test_nothing_new_leaves_a_settled_study_settled(engine: Engine, again):
    settled_study(engine)
    index_instances(engine, [again])
    [study] = rows(engine, "SELECT status, version FROM v_studies")
    assert tuple(study) == ("reported", 1)


def test_other_objects_do_not_reopen_a_study(engine: Engine):
    settled_study(engine)
    presentation_state = arrival(9, series=9, opens_version=False, sop_class_uid=SR)
    assert index_instances(engine, [presentation_state]) == [NEW]
    [study] = rows(engine, "SELECT status, version, instances FROM v_studies")
    assert tuple(study) == ("reported", 1, 3)


def test_own_report_come_back_is_known_and_not_indexed(engine: Engine):
    study = settled_study(engine)
    with writing(engine) as session:
        session.add(
            Report(
                study_id=study,
                version=1,
                sop_instance_uid="2.25.1",
                sop_class_uid=SR,
                series_instance_uid="2.25.2",
                software_version="0.1",
                created_at=NOW,
            )
        )
    back = arrival(5, sop_instance_uid="2.25.1", sop_class_uid=SR, opens_version=False)
    assert index_instances(engine, [back, arrival(6)]) == [OWN, NEW]
    assert rows(engine, "SELECT 1 FROM instance WHERE sop_instance_uid = '2.25.1'") == []


def test_one_image_more_costs_three_statements_at_most(engine: Engine):
    index_instances(engine, [arrival(1)])
    statements: list[str] = []
    event.listen(
        engine, "before_cursor_execute", lambda _c, _k, statement, *_: statements.append(statement.split()[0])
    )
    index_instances(engine, [arrival(2)])
    assert 2 <= len([s for s in statements if s != "BEGIN"]) <= 3


def test_two_writers_of_one_study_lose_nothing(database_url: str):
    engines = [make_engine(database_url) for _ in range(2)]
    migrate(engines[0])

    def write(which: int) -> list[Indexed]:
        answers = []
        for number in range(40):
            mine = arrival(number * 2 + which, series=number % 3)
            shared = arrival(1000 + number)
            answers += index_instances(engines[which], [mine, shared])
        return answers

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(write, range(2))
    assert first[0::2] == second[0::2] == [NEW] * 40
    assert [{a, b} for a, b in zip(first[1::2], second[1::2], strict=True)] == [{NEW, REPEATED}] * 40
    assert [r.instances for r in rows(engines[0], "SELECT instances FROM v_studies")] == [120]
    for engine in engines:
        engine.dispose()


def test_two_writers_of_one_uid_in_two_studies_agree_on_the_first(database_url: str):
    engines = [make_engine(database_url) for _ in range(2)]
    migrate(engines[0])

    def write(which: int) -> list[Indexed]:
        return [
            index_instances(
                engines[which], [arrival(1, study=f"1.2.{which}", sop_instance_uid=f"1.9.{number}")]
            )[0]
            for number in range(40)
        ]

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(write, range(2))
    assert [{a, b} for a, b in zip(first, second, strict=True)] == [{NEW, CONFLICTING}] * 40
    for engine in engines:
        engine.dispose()


def test_failed_transaction_leaves_nothing(engine: Engine):
    broken = arrival(2, received_at=NOW.replace(tzinfo=None))
    with pytest.raises(Exception, match="without zone"):
        index_instances(engine, [arrival(1), broken])
    assert rows(engine, "SELECT 1 FROM study") == rows(engine, "SELECT 1 FROM instance") == []


_SMALL = st.integers(1, 2)
_ARRIVALS = st.lists(
    st.builds(
        lambda number, series, study, digest, image: arrival(
            number,
            series,
            sop_instance_uid=f"1.5.{number}",
            study=f"1.2.{study}",
            sha256=str(digest),
            opens_version=image,
        ),
        st.integers(1, 4),
        _SMALL,
        _SMALL,
        _SMALL,
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=20, deadline=None)
@given(batches=st.lists(_ARRIVALS, max_size=4))
def test_batches_are_as_good_as_one_after_the_other(batches, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("index")
    together, single = (make_engine(f"sqlite:///{folder / name}") for name in ("together", "single"))
    migrate(together)
    migrate(single)
    for batch in batches:
        one_by_one = [index_instances(single, [instance])[0] for instance in batch]
        assert index_instances(together, batch) == one_by_one
    state = (
        "SELECT study_instance_uid, status, version, instances, series FROM v_studies ORDER BY 1",
        "SELECT sop_instance_uid, sha256, version FROM instance ORDER BY 1",
    )
    assert [rows(together, s) for s in state] == [rows(single, s) for s in state]
    together.dispose()
    single.dispose()


def test_every_end_of_a_study_can_be_reopened(engine: Engine):
    study = settled_study(engine)
    ends = [s for s in StudyStatus if s is not StudyStatus.RECEIVING]
    for number, status in enumerate(ends, start=1):
        with writing(engine) as session:
            session.get_one(Study, study).status = status
        index_instances(engine, [arrival(100 + number)])
        [row] = rows(engine, "SELECT status, version FROM study")
        assert tuple(row) == ("receiving", number + 1)


def test_studies_are_locked_in_one_order(engine: Engine):
    """Images of open studies do not deadlock with a transaction that looks its studies up first."""
    first, second = "1.2.9", "1.2.10"
    for study in (first, second):
        index_instances(engine, [arrival(1, study=study)])
    updates: list[str] = []
    other = []

    def second_transaction() -> None:
        reports = [
            arrival(9, study=study, opens_version=False, sop_class_uid=SR) for study in (first, second)
        ]
        other.extend(index_instances(engine, reports))

    thread = threading.Thread(target=second_transaction)

    @event.listens_for(engine, "after_cursor_execute")
    def start_other(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE study SET last_received_at") and not updates:
            updates.append(statement)
            thread.start()
            thread.join(0.5)

    assert index_instances(engine, [arrival(2, study=study) for study in (first, second)]) == [NEW, NEW]
    thread.join(30)
    assert other == [NEW, NEW]
