"""SOAP 1.1 and 1.2 as old clients speak it: requests read into a `Call`, answers and faults written."""

from kavle.wire.soap.call import Call, parse
from kavle.wire.soap.charset import windows_1252
from kavle.wire.soap.fault import Fault, failed
from kavle.wire.soap.items import Item
from kavle.wire.soap.version import SOAP11, SOAP12, Version
from kavle.wire.soap.writer import Markup, document, escape, fault_response, records, response

__all__ = [
    "SOAP11",
    "SOAP12",
    "Call",
    "Fault",
    "Item",
    "Markup",
    "Version",
    "document",
    "escape",
    "failed",
    "fault_response",
    "parse",
    "records",
    "response",
    "windows_1252",
]
