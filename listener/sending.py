"""DICOM files to another node by C-STORE, as a PACS sends them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset, dcmread
from pynetdicom import AE, build_context
from pynetdicom.association import Association

from listener.destinations import Destination
from processors.attributes import UNREADABLE

_MOST_CONTEXTS = 128


@dataclass(frozen=True, slots=True)
class Sent:
    """How many instances a node took, and the answers of those it did not, with their counts."""

    accepted: int
    refused: dict[str, int]


def dicom_files(folder: Path) -> Iterator[Path]:
    """The files below a folder that begin like DICOM files, in the order of their names."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                if file.read(132)[128:] == b"DICM":
                    yield path


def send_files(
    files: Sequence[Path],
    destination: Destination,
    calling_ae_title: str,
    on_answer: Callable[[], None] = lambda: None,
) -> Sent:
    """Send files over one association.

    Raises
    ------
    ConnectionError
        If the association is not accepted, or ends before the last file.
    """
    wanted = sorted({(meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID) for meta in map(_meta, files)})
    ae = AE(ae_title=calling_ae_title)
    ae.dimse_timeout = ae.network_timeout = destination.timeout.total_seconds()
    assoc = ae.associate(
        destination.host,
        destination.port,
        contexts=[build_context(*pair) for pair in wanted[:_MOST_CONTEXTS]],
        ae_title=destination.ae_title,
    )
    if not assoc.is_established:
        raise ConnectionError(f"{destination.host}:{destination.port} does not accept the association")
    accepted, refused = 0, dict[str, int]()
    for number, path in enumerate(files, start=1):
        answer = _send(assoc, path, number)
        if answer is None:
            accepted += 1
        else:
            refused[answer] = refused.get(answer, 0) + 1
        on_answer()
    assoc.release()
    return Sent(accepted, refused)


def _meta(path: Path) -> Dataset:
    return dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID"]).file_meta


def _send(assoc: Association, path: Path, number: int) -> str | None:
    """Send one file; the answer if it was not a success."""
    try:
        answer = assoc.send_c_store(dcmread(path), msg_id=number % 65536)
    except RuntimeError:
        raise ConnectionError("the association ended before the last file") from None
    except UNREADABLE as error:
        return f"not sent ({type(error).__name__})"
    if "Status" not in answer:
        raise ConnectionError("the association ended before the last file")
    if answer.Status == 0:
        return None
    return f"{answer.Status:04X} {answer.get('ErrorComment', '')}".strip()
