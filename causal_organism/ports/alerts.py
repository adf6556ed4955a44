"""Where alerts go."""

from __future__ import annotations

from typing import Protocol

from causal_organism.alerts.alerts import Alert


class Channels(Protocol):
    """The channels that are configured: slack, webhook, email, sentry."""

    def names(self) -> tuple[str, ...]: ...

    def send(self, channel: str, alert: Alert) -> None:
        """Send one alert. Raises StoreError if the channel does not take it."""

    def claim(self, channel: str, alert: Alert) -> bool:
        """Note that it is being sent; False if it was already, by anybody."""

    def release(self, channel: str, alert: Alert) -> None:
        """It was not sent after all."""
