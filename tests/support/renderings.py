"""How a secret may look where it has no business: logs and errors escape and encode what they show."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote


def renderings(secret: str) -> set[bytes]:
    """`secret`: of ASCII."""
    octets = secret.encode("ascii")
    wide = secret.encode("utf-16-be")
    shapes = {octets, wide, quote(secret, safe="").encode("ascii"), octets[::-1]}
    for one in (octets, wide):
        shapes |= {one.hex().encode(), one.hex().upper().encode(), one.hex(" ").encode()}
        shapes |= {_in_base64(one, before) for before in range(3)}
        shapes.add(repr(one)[2:-1].encode())
    return shapes


def _in_base64(octets: bytes, before: int) -> bytes:
    """What it comes to in base64 behind so many octets: without the characters that neighbours share."""
    encoded = b64encode(bytes(before) + octets)
    return encoded[-(-before * 8 // 6) : (before + len(octets)) * 8 // 6]


def found(secrets: Iterable[str], told: bytes) -> list[bytes]:
    """Where `secrets` are, in any shape, and what stands round them."""
    shapes = {shape for secret in secrets for shape in renderings(secret)}
    return [told[max(0, at - 200) : at + 100] for shape in shapes if (at := told.find(shape)) >= 0]
