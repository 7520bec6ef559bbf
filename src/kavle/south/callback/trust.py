"""Whose certificates are good."""

from __future__ import annotations

import ssl
import warnings


class Trust:
    """Of those that the system's authorities vouch for, `known`; of `anybody`, for old receivers, which may
    know no more than TLS 1.0. To make it takes tens of milliseconds: not in the event loop."""

    def __init__(self) -> None:
        self.known = ssl.create_default_context()
        self.anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.anybody.check_hostname = False
        self.anybody.verify_mode = ssl.CERT_NONE
        self.anybody.set_ciphers("DEFAULT:@SECLEVEL=0")
        with warnings.catch_warnings():  # that it is out of date is what it is for
            warnings.simplefilter("ignore", DeprecationWarning)
            self.anybody.minimum_version = ssl.TLSVersion.TLSv1
