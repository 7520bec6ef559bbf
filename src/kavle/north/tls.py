"""What a TLS listener shows and speaks: its certificate, checked before it is used, and the protocol."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final, NoReturn

import structlog

from kavle.north.settings import ListenerSettings
from kavle.settings import SettingsError

_MODERN: Final = "ECDHE+AESGCM:ECDHE+CHACHA20:@SECLEVEL=2"  # of TLS 1.2; those of 1.3 are all of this kind
_LEGACY: Final = "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:RSA+AESGCM:RSA+AES:RSA+3DES:!PSK:!SRP:@SECLEVEL=0"
_NO_CHECK_TIME: Final = 0x200000  # X509_V_FLAG_NO_CHECK_TIME of X509_VERIFY_PARAM_set_flags(3)
_SOON: Final = timedelta(days=14)

_log = structlog.get_logger("kavle.tls")


class Certificate:
    """The certificate and key of one listener. `context` is what new connections are to use."""

    def __init__(self, key: str, settings: ListenerSettings) -> None:
        """`key` is how the settings call the listener. Nothing is read yet."""
        self.listener = key
        self._settings = settings
        self._files = Path(settings.certificate), Path(settings.key or settings.certificate)
        self._seen: object = None
        self._warned: date | None = None
        self.context: ssl.SSLContext
        self.expires: datetime | None = None  # None: it could not be told

    def load(self, now: datetime) -> None:
        """Raises SettingsError that names the setting, what is wrong with its file, and what to do."""
        self._seen = self._look()
        self._check_files()
        context = _legacy() if self._settings.tls == "legacy" else _modern()
        self._load_into(context)
        self.context, self.expires = context, None
        try:
            begins, self.expires = _validity(context, self._files[0])
        except OSError as error:  # SSLError is one
            _log.warning("clients may not take this certificate", setting=self._setting(), reason=str(error))
        else:
            if now < begins:
                _log.warning("the certificate is not valid yet", setting=self._setting(), begins=str(begins))
        self.warn(now)

    def renew(self, now: datetime) -> None:
        """Load the files again if they have changed. If they are no good, what was loaded before stays."""
        if self._look() != self._seen:
            try:
                self.load(now)
                _log.info("the certificate was renewed", setting=self._setting(), expires=str(self.expires))
            except SettingsError as error:
                _log.error("the new certificate can't be used, the one before stays", reason=str(error))
        self.warn(now)

    def warn(self, now: datetime) -> None:
        """Once a day, of a certificate that has expired or is about to."""
        if self.expires is None or now < self.expires - _SOON or self._warned == now.date():
            return
        self._warned = now.date()
        says = "has expired: clients refuse it" if now >= self.expires else "expires soon"
        _log.warning(f"the certificate {says}", setting=self._setting(), expires=str(self.expires))

    def seconds_left(self, now: datetime) -> float:
        return float("nan") if self.expires is None else (self.expires - now).total_seconds()

    def _setting(self, name: str = "certificate") -> str:
        return f"{self.listener}.{name}"

    def _look(self) -> object:
        return [_stamp(path) for path in self._files]

    def _check_files(self) -> None:
        certificate, key = self._files
        if b"-----BEGIN CERTIFICATE-----" not in self._read("certificate", certificate):
            self._fail("certificate", certificate, "holds no certificate in PEM form (BEGIN CERTIFICATE)")
        if b"PRIVATE KEY-----" not in self._read("key", key):
            self._fail("key", key, "holds no private key in PEM form (BEGIN PRIVATE KEY)")

    def _read(self, name: str, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            self._fail(name, path, f"can't be read: {error.strerror}")

    def _load_into(self, context: ssl.SSLContext) -> None:
        certificate, key = self._files
        try:
            context.load_cert_chain(certificate, key, password=_no_password)
        except _Encrypted:
            self._fail("key", key, "is encrypted; give it decrypted, readable by the gateway's user alone")
        except ssl.SSLError as error:
            if error.reason in (
                "KEY_VALUES_MISMATCH",
                "NO_CERTIFICATE_ASSIGNED",
            ):  # another key, another kind
                self._fail("key", key, f"does not fit the certificate in {certificate}")
            if error.reason in ("EE_KEY_TOO_SMALL", "CA_MD_TOO_WEAK", "CA_KEY_TOO_SMALL"):
                advice = 'too weak for today; have another issued (only tls = "legacy" takes it)'
                self._fail("certificate", certificate, f"is {advice}")
            self._fail("certificate", certificate, f"or its key {key} can't be used: {error}")
        except OSError as error:  # it was there a moment ago
            self._fail("certificate", certificate, f"or its key {key} can't be read: {error.strerror}")

    def _fail(self, name: str, path: Path, problem: str) -> NoReturn:
        raise SettingsError(f"{self._setting(name)}: {path} {problem}") from None


class _Encrypted(Exception):
    """The key wants a password. OpenSSL would ask for it on the terminal."""


def _no_password() -> str:
    raise _Encrypted


def _modern() -> ssl.SSLContext:
    """TLS 1.2 and 1.3, ephemeral keys, ciphers with authenticated encryption (RFC 9325 §3.1, §4.2)."""
    return _context(ssl.TLSVersion.TLSv1_2, _MODERN)


def _legacy() -> ssl.SSLContext:
    """Whatever OpenSSL still has: TLS 1.0 and 1.1, and keys sent under the certificate's own (RSA)."""
    return _context(ssl.TLSVersion.MINIMUM_SUPPORTED, _LEGACY)


def _context(oldest: ssl.TLSVersion, ciphers: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = oldest
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION  # SSL 3 and older are off as it is
    context.set_ciphers(ciphers)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _validity(context: ssl.SSLContext, certificate: Path) -> tuple[datetime, datetime]:
    """From when to when the certificate holds, by a handshake with ourselves, in memory: `ssl` reads a
    certificate only where it has verified it. Raises SSLError for one that no client can verify."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.set_ciphers("ALL:@SECLEVEL=0")
    client.load_verify_locations(certificate)
    client.verify_flags = ssl.VerifyFlags(ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = context.wrap_bio(there, back, server_side=True)
    theirs = client.wrap_bio(back, there)
    for step in (theirs.do_handshake, ours.do_handshake, theirs.do_handshake):
        _step(step)
    told = theirs.getpeercert() or {}
    return _time(told["notBefore"]), _time(told["notAfter"])


def _step(step: Callable[[], None]) -> None:
    try:
        step()
    except ssl.SSLWantReadError:
        return


def _time(text: object) -> datetime:
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(text)), UTC)


def _stamp(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
