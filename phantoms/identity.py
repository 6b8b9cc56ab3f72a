"""Identifiers that are the same whenever the same patient is made again."""

import uuid
from dataclasses import fields

from phantoms.patient import PhantomPatient

NAMESPACE = uuid.UUID("6f0a2c1e-5d0b-5b7e-9f52-8f6f0d6b7a11")


def uid(patient: PhantomPatient, *parts: object) -> str:
    """A UID under 2.25 that depends on every option of the patient and on the parts."""
    return _uid(describe(patient), *parts)


def describe(patient: PhantomPatient) -> str:
    """Every option of the patient in one line, the same in every process."""
    values = {f.name: getattr(patient, f.name) for f in fields(patient)}
    for name in ("signs", "one_sided"):
        values[name] = sorted((str(sign), str(value)) for sign, value in values[name].items())
    return "; ".join(f"{name}={value}" for name, value in values.items())


def _uid(*parts: object) -> str:
    return f"2.25.{uuid.uuid5(NAMESPACE, '|'.join(map(str, parts))).int}"
