"""Web services as ASP.NET's .asmx files were: one table of operations, answered by SOAP 1.1 and 1.2 and by
HTTP GET and POST, with a WSDL for machines and pages for people."""

from __future__ import annotations

from collections.abc import Callable

from kavle.core.room import Room
from kavle.core.workers import Workers
from kavle.model.errors import Reason
from kavle.north.asmx.description import Description
from kavle.north.asmx.endpoint import AsmxEndpoint
from kavle.north.asmx.http_binding import HttpBinding
from kavle.north.asmx.service import Arguments, Listed, Operation, Parameter, Records, Service, Several
from kavle.north.asmx.soap import SoapBinding
from kavle.north.asmx.teller import Teller
from kavle.north.caller import Callers
from kavle.north.settings import HttpSettings

__all__ = ["Arguments", "Asmx", "Listed", "Operation", "Parameter", "Records", "Service", "Several"]


class Asmx:
    """A service on the wire: `endpoint` is for its own path, `http` for each path below it. `code` tells a
    refusal's reason in the service's own status codes. Bodies have `body_bytes` at most, and share `room`;
    long ones are read by `workers`. `called_in` is told each namespace in which a call was answered, but for
    the settings' own."""

    def __init__(
        self,
        service: Service,
        code: Callable[[Reason], str],
        callers: Callers,
        settings: HttpSettings,
        room: Room,
        body_bytes: int,
        workers: Workers,
        called_in: Callable[[str], None] = lambda namespace: None,
    ) -> None:
        teller = Teller(code)

        def heard(namespace: str) -> None:
            if namespace != settings.namespace:
                called_in(namespace)

        soap = SoapBinding(service, teller, callers, workers, room, body_bytes, heard)
        description = Description(service, settings.namespace, forms=settings.forms)
        self.endpoint = AsmxEndpoint(soap, description, callers)
        self.http = HttpBinding(service, teller, callers, workers, settings.namespace, room, body_bytes)
