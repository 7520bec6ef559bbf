"""What a service says of itself: WSDL and discovery for machines, pages for people."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from kavle.north.asmx.samples import Sample, samples
from kavle.north.asmx.service import Operation, Service, named

_REMEMBERED: Final = 128  # documents: one for each operation and address by which clients come
_TEMPLATES: Final = Environment(
    loader=PackageLoader("kavle.north.asmx", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Description:
    """Each document is made once for each address that the service is known by."""

    def __init__(self, service: Service, namespace: str, *, forms: bool) -> None:
        """`forms`: whether an operation's page has one that calls it."""
        self._service = service
        self._operations = named(service.operations)
        self._namespace = namespace
        self._actions = (
            namespace if namespace.endswith(("/", "#", ":")) else namespace + "/"
        )  # as ASP.NET does
        self._forms = forms
        self._rendered = lru_cache(_REMEMBERED)(self._render)

    def wsdl(self, address: str) -> bytes:
        """WSDL 1.1, document/literal wrapped, as ASP.NET's `?WSDL`; `address` is the service's own."""
        return self._rendered("service.wsdl.xml", address)

    def disco(self, address: str) -> bytes:
        """A discovery document, as ASP.NET's `?disco`."""
        return self._rendered("service.disco.xml", address)

    def overview(self, address: str) -> bytes:
        """The page of all operations."""
        return self._rendered("overview.html", address)

    def unknown(self, address: str) -> bytes:
        """The same, for who asked for an operation that there is not."""
        return self._rendered("unknown.html", address)

    def operation(self, name: str, address: str) -> bytes | None:
        """An operation's page, whatever its name's letters' case; None where there is none."""
        operation = self._operations.get(name.lower())
        return None if operation is None else self._rendered("operation.html", address, operation.name)

    def _render(self, template: str, address: str, name: str = "") -> bytes:
        operation = self._operations.get(name.lower())
        text = _TEMPLATES.get_template(template).render(
            service=self._service,
            namespace=self._namespace,
            actions=self._actions,
            address=address,
            file=address.rpartition("/")[2],
            operation=operation,
            samples=() if operation is None else self._samples(operation, address),
            forms=self._forms,
        )
        return text.encode()

    def _samples(self, operation: Operation, address: str) -> tuple[Sample, ...]:
        return samples(operation, self._namespace, self._actions + operation.name, address)
