"""The envelope's version as a value: what SOAP 1.1 and 1.2 call the same things."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Blame(Enum):
    """Whose fault a fault is; each version has its own word for it."""

    CALLER = "the request is wrong"
    SERVICE = "the service failed"
    UNDERSTANDING = "a header that must be understood is not"
    VERSION = "the envelope is of no version that is known"


@dataclass(frozen=True, eq=False)
class Version:
    """One envelope version on the wire."""

    namespace: str
    content_type: str
    codes: dict[Blame, str]


SOAP11 = Version(
    namespace="http://schemas.xmlsoap.org/soap/envelope/",  # SOAP 1.1 §4.1.2
    content_type="text/xml; charset=utf-8",  # SOAP 1.1 §6
    codes={  # SOAP 1.1 §4.4.1
        Blame.CALLER: "Client",
        Blame.SERVICE: "Server",
        Blame.UNDERSTANDING: "MustUnderstand",
        Blame.VERSION: "VersionMismatch",
    },
)
SOAP12 = Version(
    namespace="http://www.w3.org/2003/05/soap-envelope",  # SOAP 1.2 part 1 §5.1
    content_type="application/soap+xml; charset=utf-8",  # RFC 3902
    codes={  # SOAP 1.2 part 1 §5.4.6
        Blame.CALLER: "Sender",
        Blame.SERVICE: "Receiver",
        Blame.UNDERSTANDING: "MustUnderstand",
        Blame.VERSION: "VersionMismatch",
    },
)
VERSIONS = {version.namespace: version for version in (SOAP11, SOAP12)}
