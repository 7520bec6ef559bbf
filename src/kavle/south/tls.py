"""TLS to a network: who it must be, and who we are."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Final, NoReturn, Protocol

from kavle.settings import SettingsError

# OpenSSL's X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH
_NOT_ITS_NAME: Final = frozenset({62, 64})
_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "UNEXPECTED_EOF_WHILE_READING"})


class TlsSettings(Protocol):
    """What a carrier's settings say of it: PEM files, or nothing."""

    @property
    def name(self) -> str: ...

    @property
    def ca(self) -> str:
        """The only authorities that the network's certificate may come from."""

    @property
    def certificate(self) -> str:
        """Ours, where the network wants one."""

    @property
    def key(self) -> str:
        """Its private key, where it is in a file of its own."""


def client_context(settings: TlsSettings) -> ssl.SSLContext:
    """TLS 1.2 or 1.3 (RFC 9325 §3.1), the network's certificate verified, whatever the settings say. Raises
    SettingsError that names the setting, what is wrong with its file, and what to do."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.ca:
        _trust(context, settings)
    else:
        context.load_default_certs()
    if settings.certificate:
        _show(context, settings)
    return context


def setting_of(error: Exception | None) -> str | None:
    """The setting that a connection's failure speaks of."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "server_name" if error.verify_code in _NOT_ITS_NAME else "ca"
    if not isinstance(error, ssl.SSLError):
        return None
    if error.reason in _NO_TLS:
        return "tls"
    # The network's own alerts about the certificate that we showed it, or did not show (RFC 8446 §6.2).
    return "certificate" if error.reason and "ALERT" in error.reason else None


def _trust(context: ssl.SSLContext, settings: TlsSettings) -> None:
    path = Path(settings.ca)
    try:
        context.load_verify_locations(path)
    except ssl.SSLError:
        _fail(settings, "ca", path, "holds no certificate in PEM form (BEGIN CERTIFICATE)")
    except OSError as error:
        _fail(settings, "ca", path, f"can't be read: {error.strerror}")
    # Whoever is in the file is trusted, with or without the authority above it.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN


def _show(context: ssl.SSLContext, settings: TlsSettings) -> None:
    certificate, key = Path(settings.certificate), Path(settings.key or settings.certificate)
    _check(settings, "certificate", certificate, b"-----BEGIN CERTIFICATE-----")
    _check(settings, "key", key, b"PRIVATE KEY-----")
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except _Encrypted:
        problem = "is encrypted; give it decrypted, readable by the gateway's user alone"
        _fail(settings, "key", key, problem)
    except ssl.SSLError as error:
        if error.reason in ("KEY_VALUES_MISMATCH", "NO_CERTIFICATE_ASSIGNED"):  # another key, another kind
            _fail(settings, "key", key, f"does not fit the certificate in {certificate}")
        _fail(settings, "certificate", certificate, f"or its key {key} can't be used: {error}")


def _check(settings: TlsSettings, name: str, path: Path, mark: bytes) -> None:
    try:
        content = path.read_bytes()
    except OSError as error:
        _fail(settings, name, path, f"can't be read: {error.strerror}")
    if mark not in content:
        kind = "certificate" if name == "certificate" else "private key"
        _fail(settings, name, path, f"holds no {kind} in PEM form")


def _fail(settings: TlsSettings, name: str, path: Path, problem: str) -> NoReturn:
    raise SettingsError(f"carrier.{settings.name}.{name}: {path} {problem}") from None


class _Encrypted(Exception):
    """The key wants a password. OpenSSL would ask for it on the terminal."""


def _no_password() -> str:
    raise _Encrypted
