"""Where alerts go."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from causal_organism.alerts.alerts import Alert
from causal_organism.alerts.deliveries import Delivery
from causal_organism.alerts.incidents import Incident
from causal_organism.documents.alerts import WatchMemory


class Channels(Protocol):
    """The channels that are configured: slack, webhook, email, sentry."""

    def names(self) -> tuple[str, ...]: ...

    def send(self, channel: str, alert: Alert) -> None:
        """Send one alert. Raises StoreError if the channel does not take it."""

    def claim(self, channel: str, alert: Alert) -> bool:
        """Note that it is being sent; False if it was already, by anybody."""

    def release(self, channel: str, alert: Alert) -> None:
        """It was not sent after all."""


class Outbox(Protocol):
    """What the watcher keeps where no server is needed: incidents that go on, and alerts on their way."""

    def alone(self) -> AbstractContextManager[None]:
        """Only one process at a time changes what is here."""

    def incidents(self) -> tuple[Incident, ...]: ...

    def memory(self) -> WatchMemory:
        """What the last look remembered for the next one."""

    def keep(self, incidents: Sequence[Incident], memory: WatchMemory) -> None: ...

    def put(self, alert: Alert, channels: Sequence[str], *, now: datetime, not_before: datetime | None = None) -> None:
        """On its way to each channel. One that is there already, sent or not, is left as it is."""

    def record(self, delivery: Delivery) -> None: ...

    def deliveries(self) -> tuple[Delivery, ...]:
        """Oldest first; those that ended are kept for a week."""

    def prune(self, now: datetime) -> None: ...
