"""Why there is no connection, as the system says it: pure."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from typing import Final

from kavle.model.why import Why, why

LONGEST: Final = 200
"""Characters of what others say."""


def reason_of(error: Exception) -> Why:
    """In words, without the numbers that the system has for them."""
    match error:
        case ssl.SSLCertVerificationError():
            return why("the certificate is not good: {reason}", reason=error.verify_message)
        case ssl.SSLError():
            return why("TLS failed: {reason}", reason=error.reason or str(error)[:LONGEST])
        case TimeoutError():
            return why("none in time")
        case socket.gaierror():
            return Why(error.strerror or str(error))
        case ConnectionError():
            return Why(os.strerror(error.errno or errno.ECONNABORTED))
        case OSError(errno=int(number)) if number > 0:
            return Why(os.strerror(number))
        case _:
            return Why(str(error)[:LONGEST])
