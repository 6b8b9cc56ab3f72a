"""A PACS of the plainest kind, as a process: it keeps what it gets in a folder.

``python -m listener.demo.pacs_scp FOLDER PORT AE_TITLE``
"""

import sys
from pathlib import Path
from typing import cast

from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]


def main(folder: Path, port: int, ae_title: str) -> None:
    """Serve until the process is ended."""
    folder.mkdir(parents=True, exist_ok=True)

    def keep(event: Event) -> int:
        request = cast(C_STORE, event.request)
        partial = folder / f"{request.AffectedSOPInstanceUID}.part"
        partial.write_bytes(event.encoded_dataset())
        partial.rename(partial.with_suffix(".dcm"))
        return 0x0000

    ae = AE(ae_title=ae_title)
    ae.supported_contexts = AllStoragePresentationContexts
    ae.add_supported_context(Verification)
    ae.start_server(("127.0.0.1", port), block=True, evt_handlers=[(evt.EVT_C_STORE, keep)])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
