"""One small object of each kind that is delivered."""

import pydicom.uid as uids

from db.models import ObjectKind
from listener.delivery.outcomes import Outgoing
from tests.images import file_bytes, mr_image

SR_DATASET = mr_image(1, sop_class=uids.Comprehensive3DSRStorage, PixelData=None, Modality="SR")
SEG_DATASET = mr_image(2, sop_class=uids.SegmentationStorage, Modality="SEG")
KEY_IMAGE_DATASET = mr_image(3, sop_class=uids.SecondaryCaptureImageStorage, Modality="OT")


def _outgoing(kind: ObjectKind, ds) -> Outgoing:
    return Outgoing(kind, ds.SOPInstanceUID, file_bytes(ds))


SR = _outgoing(ObjectKind.SR, SR_DATASET)
SEG = _outgoing(ObjectKind.SEG, SEG_DATASET)
KEY_IMAGE = _outgoing(ObjectKind.KEY_IMAGE, KEY_IMAGE_DATASET)
EVERY_KIND = (SEG, KEY_IMAGE, SR)
