"""Which of our roles an action needs, and how it is told to whoever lacks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OPERATOR, APPROVER = "organism_operator", "organism_approver"
_ACTIONS = {
    OPERATOR: ("trigger", "retry", "stop", "pause", "limit", "reread"),
    APPROVER: ("approve", "reject", "start", "finish", "halt", "withdraw"),
}
"""Role -> actions of the console, by their ids there."""
_SERVES = {OPERATOR: "organism_worker"}  # a worker starts and ends runs too


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRoles:
    """What the database knows of whoever is logged in. `roles` is None where it has none of ours: all is permitted.

    `is_service`: the login of the installation, which owns the tables; it operates, and does not decide.
    """

    login: str
    roles: frozenset[str] | None
    is_service: bool = False

    def refusal(self, role: str, *, owner_may: bool = False) -> str | None:
        """Why what needs this role is not for them; None: it is. `owner_may`: the owner of the database may too."""
        if self.roles is None or role in self.roles or _SERVES.get(role) in self.roles:
            return None
        if self.is_service:
            return (
                None
                if owner_may or role == OPERATOR
                else f"{self.login} owns the database and does not decide: needs {role}"
            )
        own = ", ".join(sorted(self.roles)) or "none of ours"
        return f"needs the role {role}; {self.login} has {own}"


def refused_actions(held: HeldRoles) -> Mapping[str, str]:
    """Action of the console -> why the server would refuse it to this login."""
    found = {role: held.refusal(role) for role in _ACTIONS}
    return {action: why for role, why in found.items() if why is not None for action in _ACTIONS[role]}
