"""Faults, in the words of .NET's ASMX services: old clients match on the texts."""

from __future__ import annotations

from kavle.wire.soap.version import SOAP11, Blame, Version


class Fault(Exception):
    """A request that ends in a fault. `text` goes to the caller, with the HTTP status `status`."""

    def __init__(self, blame: Blame, text: str, *, status: int = 500, version: Version = SOAP11) -> None:
        super().__init__(text)
        self.blame = blame
        self.text = text
        self.status = status
        self.version = version


def unreadable(why: str, *, status: int = 500, version: Version = SOAP11) -> Fault:
    text = f"Server was unable to read request. ---> {why}"
    return Fault(Blame.CALLER, text, status=status, version=version)


def malformed(why: str, version: Version) -> Fault:
    return unreadable(why, status=400, version=version)


def unknown_action(action: str, version: Version) -> Fault:
    text = f"Server did not recognize the value of HTTP Header SOAPAction: {action}."
    return Fault(Blame.CALLER, text, version=version)


def unknown_element(name: str, namespace: str, version: Version) -> Fault:
    text = f"The request element <{name} xmlns='{namespace}'> was not recognized."
    return Fault(Blame.CALLER, text, version=version)


def version_mismatch(namespace: str) -> Fault:
    text = (
        f"Possible SOAP version mismatch: Envelope namespace {namespace} was unexpected. "
        f"Expecting {SOAP11.namespace}."
    )
    return Fault(Blame.VERSION, text)


def not_understood(header: str, version: Version) -> Fault:
    return Fault(Blame.UNDERSTANDING, f"SOAP header {header} was not understood.", version=version)


def failed(why: str, version: Version, *, status: int = 500) -> Fault:
    """A fault of ours. `why` holds no internals."""
    text = f"Server was unable to process request. ---> {why}"
    return Fault(Blame.SERVICE, text, status=status, version=version)
