"""Role north: customers are let in, and what they send is accepted, cancelled and told about."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from urllib.parse import unquote

from kavle.cli.config import CarrierSettings
from kavle.cli.roles.node import Node
from kavle.cli.terms import locale
from kavle.core.accept import Accept
from kavle.core.cancel import Cancel
from kavle.core.desk import Desk
from kavle.core.incoming import Incoming
from kavle.core.mms_files import MmsFiles
from kavle.core.portal import Portal
from kavle.core.queries import Queries
from kavle.core.receipts import Receipts
from kavle.north.app import application
from kavle.north.auth import Authenticator, OperatorAuthenticator
from kavle.north.caller import Callers
from kavle.north.http import App
from kavle.north.server import NOT_BOUND, Bound, HttpServer
from kavle.north.verbs import Verbs
from kavle.north.web import PageTerms
from kavle.north.web.operator import Office
from kavle.north.web.phones import Guest
from kavle.settings import SettingsError
from kavle.south.callback.dial import Dial
from kavle.south.hooks import Hook, with_hooks
from kavle.south.ip1.settings import Ip1Settings
from kavle.south.ip1.webhook import Webhook
from kavle.south.mm7.door import Door
from kavle.south.mm7.settings import Mm7Settings


class North:
    """All listeners of the settings."""

    def __init__(
        self,
        node: Node,
        expand: Callable[[], None],
        desk: Desk,
        guest: Guest | None = None,
        bound: Bound = NOT_BOUND,
    ) -> None:
        """`expand` is told of each bundle. `desk`: what it changes of accounts is told to `node.changed`.
        `bound`: listeners' sockets, which several processes have."""
        self._node = node
        self._desk = desk
        self._guest = guest
        self._dial = Dial(node.settings.callbacks)  # test calls
        self._authenticator = Authenticator(
            Queries(node.store).account, node.clock, refused=node.metrics.log_in_refused
        )
        # The pages may have a password of their own.
        self._entrants = Authenticator(
            Queries(node.store).entrant, node.clock, refused=node.metrics.log_in_refused
        )
        self._operators = OperatorAuthenticator(
            Queries(node.store).operator, node.clock, refused=node.metrics.log_in_refused
        )
        self._closing = ExitStack()
        node.changed.listen(self._forget)
        app = with_hooks(self._hooks(), self._faces(expand))
        self.http = HttpServer(app, node.settings.http, node.clock, bound)

    async def start(self) -> None:
        """Raises OSError for an address that can't be had, `SettingsError` for a certificate."""
        try:
            await self.http.start()
        except (OSError, SettingsError):
            self._close()
            raise
        clock, certificates = self._node.clock, self.http.certificates
        self._node.metrics.gauge(
            "kavle_certificate_seconds_left",
            "Until a listener's certificate expires; negative once it has",
            "listener",
            lambda: {one.listener: one.seconds_left(clock.now()) for one in certificates()},
        )

    async def stop(self) -> None:
        await self.http.stop()  # running accepts commit
        self._close()

    def _forget(self, account: str) -> None:
        """It has changed: who is logged in as it logs in anew."""
        self._authenticator.forget(account)
        self._entrants.forget(account)

    def _close(self) -> None:
        self._authenticator.close()
        self._entrants.close()
        self._operators.close()
        self._dial.close()
        self._closing.close()

    def _faces(self, expand: Callable[[], None]) -> App:
        node = self._node
        accept = Accept(
            node.store,
            node.clock,
            node.terms,
            node.failover,
            node.metrics,
            node.wake,
            expand,
            waiting=node.settings.http.connections,
        )
        verbs = Verbs(
            accept,
            Cancel(node.store, node.clock, expand),
            Queries(node.store),
            Portal(node.store, node.clock, self._desk, self._dial),
            MmsFiles(node.store),
        )
        return application(
            verbs,
            self._authenticator,
            self._entrants,
            node.settings.http,
            node.metrics,
            node.clock,
            PageTerms(
                node.store.session_key,
                locale(node.settings),
                node.settings.gateway.region,
                node.settings.http.phones,
                self._guest,
            ),
            self._closing,
            Office(self._desk, self._operators),
        )

    def _hooks(self) -> list[Hook]:
        """What networks bring may come to any process that has listeners, whichever has the links."""
        carriers = self._node.carriers.items()
        hooks = (self._hook(carrier_id, settings) for carrier_id, settings in carriers)
        return [hook for hook in hooks if hook is not None]

    def _hook(self, carrier_id: int, settings: CarrierSettings) -> Hook | None:
        node = self._node
        keep = Receipts(node.store, node.metrics).keep
        if isinstance(settings, Ip1Settings) and settings.webhook:
            return Webhook(settings.name, unquote(settings.report_path), carrier_id, keep, node.clock)
        if isinstance(settings, Mm7Settings) and settings.webhook:
            incoming = Incoming(node.store, node.metrics, node.settings.gateway.region, node.came)
            callers = Callers(node.settings.http)
            return Door(settings, carrier_id, keep, incoming.mms, node.clock, callers.network)
        return None
