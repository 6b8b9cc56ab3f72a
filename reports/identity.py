"""Unique identifiers that follow from what they identify, so that the same input gives the same report."""

import hashlib
import json


def derived_uid(*parts: object) -> str:
    """A UID of the form ``2.25.<UUID as an integer>`` that follows from its parts alone.

    Parameters
    ----------
    parts
        Anything that JSON can hold. Equal parts give equal UIDs.

    Returns
    -------
    str
        The UUID is of version 8 (RFC 9562: custom data), its 122 free bits the beginning of a SHA-256.
    """
    canonical = json.dumps(parts, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    number = int.from_bytes(hashlib.sha256(canonical.encode("ascii")).digest()[:16], "big")
    number = number & ~(0xF << 76) | (0x8 << 76)
    number = number & ~(0x3 << 62) | (0x2 << 62)
    return f"2.25.{number}"
