"""What every object that is made says of its maker, its algorithms and its moment."""

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from highdicom import ContributingEquipment
from pydicom.dataset import Dataset

from processors.findings import Algorithm
from reports import codes
from reports.identity import derived_uid
from reports.text import PRODUCT


def device_uid(manufacturer: str, software_version: str) -> str:
    """The UID of the product in one version, as its equipment and the device observer name it."""
    return derived_uid("device", manufacturer, PRODUCT, software_version)


def equip(ds: Dataset, manufacturer: str, software_version: str, institution: str | None) -> None:
    """Fill in the (Enhanced) General Equipment Module, PS3.3 C.7.5.1 and C.7.5.2.

    The product has no serial number; its UID, which names the version too, stands for one.
    """
    ds.Manufacturer = manufacturer
    ds.ManufacturerModelName = PRODUCT
    ds.SoftwareVersions = software_version
    ds.DeviceSerialNumber = device_uid(manufacturer, software_version)
    if institution:
        ds.InstitutionName = institution


def date(ds: Dataset, header: Dataset, created: datetime) -> None:
    """Date the content and the instance, in the time zone that the header names.

    Parameters
    ----------
    header
        The study's, as :func:`reports.study_header.study_header` gives it.
    created
        With a time zone, which counts where the header names none.

    Raises
    ------
    ValueError
        If ``created`` has no time zone.
    """
    if created.utcoffset() is None:
        raise ValueError("the time of creation has no time zone")
    moment = created.astimezone(_zone(header, created))
    ds.ContentDate = ds.InstanceCreationDate = moment.strftime("%Y%m%d")
    ds.ContentTime = ds.InstanceCreationTime = moment.strftime("%H%M%S")
    ds.TimezoneOffsetFromUTC = moment.strftime("%z")


def _zone(header: Dataset, created: datetime) -> timezone:
    offset = header.get("TimezoneOffsetFromUTC")
    if offset is not None:
        sign = -1 if offset[0] == "-" else 1
        return timezone(sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[3:5])))
    return timezone(timedelta(minutes=round((created.utcoffset() or timedelta()).total_seconds() / 60)))


def contributing_equipment(algorithms: Iterable[Algorithm], manufacturer: str) -> list[ContributingEquipment]:
    """One item per algorithm (IHE AIR 6.5.3.1); its Device UID changes with the algorithm's version."""
    items: list[ContributingEquipment] = []
    for algorithm in dict.fromkeys(algorithms):
        item = ContributingEquipment(
            manufacturer=manufacturer,
            purpose_of_reference=codes.PROCESSING_EQUIPMENT,
            manufacturer_model_name=algorithm.name,
            software_versions=algorithm.version,
        )
        item.DeviceUID = derived_uid("algorithm", manufacturer, algorithm.name, algorithm.version)
        items.append(item)
    return items
