"""A PACS that counts what it gets, and misbehaves on demand."""

from collections import Counter
from typing import Any, Self

from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.events import Event
from pynetdicom.sop_class import MRImageStorage, Verification

from listener.demo.pacs import free_port

SUCCESS, COERCED, OUT_OF_RESOURCES = 0x0000, 0xB000, 0xA700


class ScriptedPACS:
    """A storage SCP in this process; :meth:`stop` and :meth:`start` keep the port and what came.

    Attributes
    ----------
    answer
        The status it answers a C-STORE with; it keeps what it answers with success or a warning.
    aborting
        Abort the association instead of answering.
    rejecting
        Reject associations, from the next start on.
    structured_reports
        Accept them, or from the next start on MR images only.
    """

    ae_title = "SCRIPTED"

    def __init__(self) -> None:
        self.port = free_port()
        self.answer = SUCCESS
        self.aborting = self.rejecting = False
        self.structured_reports = True
        self.objects: dict[str, set[bytes]] = {}
        self.stores: Counter[str] = Counter()
        self._server: Any = None

    def start(self) -> Self:
        """Listen."""
        ae = AE(ae_title=self.ae_title)
        if self.rejecting:
            ae.require_calling_aet = ["SOMEONE_ELSE"]
        if self.structured_reports:
            ae.supported_contexts = AllStoragePresentationContexts
        else:
            ae.add_supported_context(MRImageStorage)
        ae.add_supported_context(Verification)
        handlers = [(evt.EVT_C_STORE, self._store)]
        self._server = ae.start_server(("127.0.0.1", self.port), block=False, evt_handlers=handlers)
        return self

    def stop(self) -> None:
        """Be down."""
        if self._server is not None:
            self._server.shutdown()
            self._server = None

    def setting(self, name: str = "pacs", timeout: str = "5") -> str:
        """This PACS as one of Betz's destinations."""
        return (
            f'{{"name": "{name}", "ae_title": "{self.ae_title}", "host": "127.0.0.1",'
            f' "port": {self.port}, "timeout": "{timeout}"}}'
        )

    def _store(self, event: Event) -> int:
        if self.aborting:
            event.assoc.abort()
            return SUCCESS
        if self.answer in (SUCCESS, COERCED):
            uid = str(event.request.AffectedSOPInstanceUID)
            self.objects.setdefault(uid, set()).add(event.encoded_dataset())
            self.stores[uid] += 1
        return self.answer
