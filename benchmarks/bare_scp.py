"""The least a pynetdicom receiver must do to keep an image: write, fsync, rename. No index, no checks."""

import os
import sys
from pathlib import Path
from typing import cast

from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]


def main(folder: Path, port: int, ae_title: str, maximum_pdu_size: int) -> None:
    """Keep what comes in a folder, until killed."""
    folder.mkdir(parents=True, exist_ok=True)

    def keep(event: Event) -> int:
        request = cast(C_STORE, event.request)
        final = folder / f"{request.AffectedSOPInstanceUID}.dcm"
        incoming = final.with_suffix(".part")
        with incoming.open("wb") as file:
            file.write(event.encoded_dataset())
            file.flush()
            os.fsync(file.fileno())
        incoming.rename(final)
        return 0x0000

    ae = AE(ae_title)
    ae.supported_contexts = AllStoragePresentationContexts
    ae.add_supported_context(Verification)
    ae.maximum_associations = 64
    ae.maximum_pdu_size = maximum_pdu_size
    ae.start_server(("127.0.0.1", port), block=True, evt_handlers=[(evt.EVT_C_STORE, keep)])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
