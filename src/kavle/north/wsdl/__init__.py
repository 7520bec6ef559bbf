"""What an .asmx service says of itself: its WSDL for machines, a page for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

if TYPE_CHECKING:
    from kavle.north.service import Service

_TEMPLATES: Final = Environment(
    loader=PackageLoader("kavle.north", "wsdl"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def wsdl(service: Service, namespace: str, address: str) -> bytes:
    """WSDL 1.1, document/literal wrapped, as ASP.NET's `?WSDL`; `address` is where the service answers."""
    prefix = namespace if namespace.endswith(("/", "#", ":")) else namespace + "/"  # as ASP.NET does
    template = _TEMPLATES.get_template("service.wsdl.xml")
    return template.render(service=service, namespace=namespace, actions=prefix, address=address).encode()


def help_page(service: Service) -> bytes:
    """The operations and their parameters, in HTML."""
    return _TEMPLATES.get_template("help.html.xml").render(service=service).encode()
