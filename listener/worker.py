"""A worker: the process that settles, analyses, reports and delivers."""

import os
import signal
import sys
import threading
from typing import NoReturn

import structlog
from dbos import DBOS
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from db.engine import writing
from db.slots import LEASE, beat, claim_slot, release_slot
from listener.analyses import AnalysisProcess
from listener.archive import open_archive
from listener.database import now, open_database
from listener.delivering import DeliverySteps
from listener.logs import place_of
from listener.settings import Settings
from listener.steps import StudySteps
from listener.stop_order import StopOrder
from listener.workflow import DELIVERY_QUEUE, STUDY_QUEUE, StudyWorkflow, Sweep, executor_id

APPLICATION_VERSION = "1"
"""Of the workflows' shape, not of the product: work in flight survives an upgrade that leaves it alone."""

_DELIVERIES_AT_ONCE = 2
"""To one destination: one that does not answer holds up no other."""

log = structlog.get_logger()


def run_worker(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; what is under way then is taken up again at the next start."""
    stop_order = StopOrder()
    engine = open_database(settings)
    with writing(engine) as session:
        slot = claim_slot(session, now())
    log.info("worker started", slot=slot)
    process = AnalysisProcess(settings.storage.url, settings.worker.analysis_timeout, settings.log_level)
    archive, who = open_archive(settings.storage.url), f"worker {slot}"
    steps = StudySteps(engine, archive, settings, process, now, who)
    deliveries = DeliverySteps(engine, archive, settings, now, who)
    workflow = _launch(settings, steps, deliveries, slot)
    sweep = Sweep(workflow, steps, deliveries, slot)
    heartbeat = threading.Thread(target=_beat, args=(engine, slot, stop_order), daemon=True)
    heartbeat.start()
    while not stop_order.came(within_s=settings.worker.poll_interval.total_seconds()):
        try:
            sweep.run()
        except Exception as error:  # noqa: BLE001
            log.error("sweep failed", error=type(error).__name__, place=place_of(error))
    _leave(engine, slot)


def _leave(engine: Engine, slot: int) -> NoReturn:
    """End at once: what is under way is cut off as by a crash, and taken up again like after one.

    To end it piece by piece instead would let steps see their process, or their database, go away, and
    record failures that are none.
    """
    try:
        with writing(engine) as session:
            release_slot(session, slot)
    except SQLAlchemyError as error:
        log.error("slot not released", error=type(error).__name__)
    log.info("worker stopped", slot=slot)
    sys.stderr.flush()
    os._exit(0)


def _launch(settings: Settings, steps: StudySteps, deliveries: DeliverySteps, slot: int) -> StudyWorkflow:
    DBOS(
        config={
            "name": "betz",
            "system_database_url": settings.database.workflow_address(),
            "application_version": APPLICATION_VERSION,
            "executor_id": executor_id(slot),
            "log_level": "WARNING",
            "use_listen_notify": False,
            "enable_otlp": False,
        }
    )
    workflow = StudyWorkflow(steps, deliveries)
    DBOS.launch()
    interval = settings.worker.poll_interval.total_seconds()
    DBOS.register_queue(STUDY_QUEUE, worker_concurrency=1, polling_interval_sec=interval)
    DBOS.register_queue(
        DELIVERY_QUEUE, partition_worker_concurrency=_DELIVERIES_AT_ONCE, polling_interval_sec=interval
    )
    return workflow


def _beat(engine: Engine, slot: int, stop_order: StopOrder) -> None:
    """Keep the slot; a worker that lost it stops, since another does its work now."""
    while not stop_order.came(within_s=LEASE.total_seconds() / 5):
        try:
            with writing(engine) as session:
                kept = beat(session, slot, now())
        except SQLAlchemyError as error:
            log.error("no heartbeat", error=type(error).__name__)
            continue
        if not kept:
            log.error("slot lost", slot=slot)
            signal.raise_signal(signal.SIGTERM)
            return
