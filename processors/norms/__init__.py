"""Reference distributions of the measured quantities: shipped, or learnt at a site; each says where from."""

from processors.findings import Sign
from processors.norms.distributions import Norm, SegmentNorms
from processors.norms.protocol import Protocol, protocol_of
from processors.norms.shipped import FOLDER, shipped_families
from processors.norms.site import Norms, SiteNorm, default_norms

__all__ = [
    "FOLDER",
    "Norm",
    "Norms",
    "Protocol",
    "SegmentNorms",
    "SiteNorm",
    "default_norms",
    "protocol_of",
    "tract_norms",
]


def tract_norms(sign: Sign, family: str) -> dict[str, Norm]:
    """The shipped norm of each tract segment's signal ratio for a sign and family of sequences.

    Raises
    ------
    KeyError
        If there are no norms for this family.
    """
    return dict(shipped_families(sign)[family].segments)
