"""Reference distributions of the measured quantities: shipped, or learnt at a site; each says where from."""

from processors.norms.distributions import Norm, SegmentNorms
from processors.norms.protocol import Protocol, protocol_of
from processors.norms.site import Norms, SiteNorm, default_norms

__all__ = [
    "Norm",
    "Norms",
    "Protocol",
    "SegmentNorms",
    "SiteNorm",
    "default_norms",
    "protocol_of",
]
