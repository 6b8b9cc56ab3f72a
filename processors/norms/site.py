"""Norms as an analysis is given them: what a site learnt from its own patients, and else what is shipped."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from catalogue.texts import TEXTS
from processors.findings import Algorithm, Sign
from processors.norms.distributions import Norm, SegmentNorms
from processors.norms.protocol import Protocol
from processors.norms.shipped import shipped_norms


@dataclass(frozen=True, slots=True)
class SiteNorm:
    """What a site learnt of one sign for one protocol, or for several pooled.

    Attributes
    ----------
    algorithm
        What measured; another's measurements must not be compared with this norm.
    n
        People measured.
    segments
        By the region's name; a region that too few people were measured in is not there.
    """

    sign: Sign
    protocol: Protocol
    algorithm: Algorithm
    n: int
    segments: Mapping[str, Norm]

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "sign": self.sign.value,
            "protocol": self.protocol.plain(),
            "algorithm": {"name": self.algorithm.name, "version": self.algorithm.version},
            "n": self.n,
            "segments": {
                name: {"mean": norm.mean, "sd": norm.sd, "n": norm.n} for name, norm in self.segments.items()
            },
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "SiteNorm":
        """From JSON.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is not what :meth:`plain` makes.
        """
        return cls(
            Sign(plain["sign"]),
            Protocol.from_plain(plain["protocol"]),
            Algorithm(**plain["algorithm"]),
            int(plain["n"]),
            {
                name: Norm(float(numbers["mean"]), float(numbers["sd"]), int(numbers["n"]))
                for name, numbers in plain["segments"].items()
            },
        )


@dataclass(frozen=True, slots=True)
class Norms:
    """Every norm that an analysis may ask for.

    Attributes
    ----------
    version
        Which site norms these are, as ``"3 of 2026-11-23"``; empty where the site has none.
    site
        What the site learnt; everything else is shipped.
    """

    version: str = ""
    site: tuple[SiteNorm, ...] = ()

    def of(self, sign: Sign, protocol: Protocol, algorithm: Algorithm | None = None) -> SegmentNorms | None:
        """The norms of a sign's regions for a protocol; ``None`` where there are none.

        The site's own come first, of the narrowest group of protocols that has any. Regions that could not be
        learnt there have the norm of a wider group, or else the shipped one.

        Parameters
        ----------
        algorithm
            What measures; site norms of another one are passed over. ``None`` takes any.
        """
        shipped = shipped_norms(sign, protocol.family)
        learnt = {
            norm.protocol: norm
            for norm in self.site
            if norm.sign is sign and algorithm in (None, norm.algorithm)
        }
        found = [learnt[wider] for wider in protocol.pooled() if wider in learnt]
        if not found:
            return shipped
        sources = [
            (
                TEXTS["norms"]["site"].format(version=self.version, protocol=norm.protocol, n=norm.n),
                norm.segments,
            )
            for norm in found
        ]
        if shipped:
            sources.append((shipped.name, shipped.segments))
        segments: dict[str, Norm] = {}
        names = []
        for name, own in sources:
            if added := {region: norm for region, norm in own.items() if region not in segments}:
                names.append(name)
                segments |= added
        return SegmentNorms(TEXTS["norms"]["others"].join(names), segments)

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {"version": self.version, "site": [norm.plain() for norm in self.site]}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Norms":
        """From JSON.

        Raises
        ------
        KeyError, TypeError, ValueError
            If it is not what :meth:`plain` makes.
        """
        return cls(plain["version"], tuple(SiteNorm.from_plain(norm) for norm in plain["site"]))


def default_norms() -> Norms:
    """The shipped norms alone."""
    return Norms()
