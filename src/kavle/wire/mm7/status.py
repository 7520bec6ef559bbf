"""StatusCode and its texts: 3GPP TS 23.140 §8.7."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final


class Code(IntEnum):
    """What became of a request. The thousands tell whose fault it is, for codes that are not here too: 1
    nobody's, 2 the caller's, 3 the server's, 4 the service's."""

    SUCCESS = 1000
    PARTIAL_SUCCESS = 1100
    CLIENT_ERROR = 2000
    OPERATION_RESTRICTED = 2001
    ADDRESS_ERROR = 2002
    ADDRESS_NOT_FOUND = 2003
    MULTIMEDIA_CONTENT_REFUSED = 2004
    MESSAGE_ID_NOT_FOUND = 2005
    LINKED_ID_NOT_FOUND = 2006
    MESSAGE_FORMAT_CORRUPT = 2007
    APPLICATION_ID_NOT_FOUND = 2008
    REPLY_APPLICATION_ID_NOT_FOUND = 2009
    SERVER_ERROR = 3000
    NOT_POSSIBLE = 3001
    MESSAGE_REJECTED = 3002
    MULTIPLE_ADDRESSES_NOT_SUPPORTED = 3003
    APPLICATION_ADDRESSING_NOT_SUPPORTED = 3004
    GENERAL_SERVICE_ERROR = 4000
    IMPROPER_IDENTIFICATION = 4001
    UNSUPPORTED_VERSION = 4002
    UNSUPPORTED_OPERATION = 4003
    VALIDATION_ERROR = 4004
    SERVICE_ERROR = 4005
    SERVICE_UNAVAILABLE = 4006
    SERVICE_DENIED = 4007
    APPLICATION_DENIED = 4008


TEXTS: Final[Mapping[Code, str]] = {
    Code.SUCCESS: "Success",
    Code.PARTIAL_SUCCESS: "Partial success",
    Code.CLIENT_ERROR: "Client error",
    Code.OPERATION_RESTRICTED: "Operation restricted",
    Code.ADDRESS_ERROR: "Address Error",
    Code.ADDRESS_NOT_FOUND: "Address Not Found",
    Code.MULTIMEDIA_CONTENT_REFUSED: "Multimedia content refused",
    Code.MESSAGE_ID_NOT_FOUND: "Message ID Not found",
    Code.LINKED_ID_NOT_FOUND: "LinkedID not found",
    Code.MESSAGE_FORMAT_CORRUPT: "Message format corrupt",
    Code.APPLICATION_ID_NOT_FOUND: "Application ID not found",
    Code.REPLY_APPLICATION_ID_NOT_FOUND: "Reply Application ID not found",
    Code.SERVER_ERROR: "Server Error",
    Code.NOT_POSSIBLE: "Not Possible",
    Code.MESSAGE_REJECTED: "Message rejected",
    Code.MULTIPLE_ADDRESSES_NOT_SUPPORTED: "Multiple addresses not supported",
    Code.APPLICATION_ADDRESSING_NOT_SUPPORTED: "Application Addressing not supported",
    Code.GENERAL_SERVICE_ERROR: "General service error",
    Code.IMPROPER_IDENTIFICATION: "Improper identification",
    Code.UNSUPPORTED_VERSION: "Unsupported version",
    Code.UNSUPPORTED_OPERATION: "Unsupported operation",
    Code.VALIDATION_ERROR: "Validation error",
    Code.SERVICE_ERROR: "Service error",
    Code.SERVICE_UNAVAILABLE: "Service unavailable",
    Code.SERVICE_DENIED: "Service denied",
    Code.APPLICATION_DENIED: "Application denied",
}
