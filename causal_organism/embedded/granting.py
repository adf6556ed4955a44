"""Let somebody use a home, or no longer: their logins on each of its servers, and what they need to find these."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote

from causal_organism.embedded.home import Home
from causal_organism.embedded.people import Access, Role, check_person, load_access, person_login, record_access
from causal_organism.embedded.servers.arcadedb import ArcadeDb
from causal_organism.embedded.servers.binaries import arcadedb_package
from causal_organism.embedded.servers.neo4j import Neo4j, chosen_neo4j
from causal_organism.embedded.servers.postgres import write_access
from causal_organism.embedded.servers.server import LEDGER
from causal_organism.embedded.servers.valkey import person_rules
from causal_organism.embedded.state import load_state
from causal_organism.errors import RequestError
from causal_organism.settings import Settings, running_servers
from causal_organism.stores.postgres.database import Database
from causal_organism.stores.postgres.logins import drop_login, make_login, put_settings
from causal_organism.stores.postgres.roles import roles_sql
from causal_organism.stores.redis.stream import RedisStream


@dataclass(frozen=True, slots=True)
class Granted:
    """`needs_restart`: the ledger was started before anybody else might use it, and has no socket yet."""

    user: str
    role: Role
    dsn: str
    needs_restart: bool


def grant(settings: Settings, database: Database, user: str, role: Role) -> Granted:
    """Give this user of the machine a login on every server of the home. Repeating it changes the role.

    Raises RequestError (no such person, not a home's server), RefusedError (not its owner), StoreError.
    """
    home = _home(settings)
    check_person(user, role)
    before = load_access(home)
    database.run_script(roles_sql())
    make_login(database, user, f"organism_{role}")
    record_access(home, Access({**before.people, user: role}, before.socket))
    dsn = write_access(home)
    _reload(home)
    _put_on_servers(settings, home, user, role)
    put_settings(database, user, _variables(settings, home, user, role))
    return Granted(user, role, dsn.replace("USER", quote(user, safe="")), needs_restart=before.socket is None)


def revoke(settings: Settings, database: Database, user: str) -> bool:
    """Take it away again, and end what they do just now; False if they had none. Passwords that all share stay."""
    home = _home(settings)
    before = load_access(home)
    if user not in before.people:
        return False
    record_access(home, Access({name: role for name, role in before.people.items() if name != user}, before.socket))
    write_access(home)
    _reload(home)
    for pid in drop_login(database, user):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    if settings.redis_url is not None:
        _stream(settings).drop_user(person_login(user))
    if (server := _network(home)) is not None:
        server.drop_user(person_login(user))
    home.password_file(person_login(user)).unlink()
    return True


def renew(settings: Settings, database: Database) -> None:
    """Ports may be others since the last start: tell everybody who may use the home."""
    home = Home(settings.home)
    for user, role in load_access(home).people.items():
        _put_on_servers(settings, home, user, role)
        put_settings(database, user, _variables(settings, home, user, role))


def _home(settings: Settings) -> Home:
    own = running_servers(settings.home).get("ORGANISM_POSTGRES_DSN")
    if own is None or own != settings.need("postgres_dsn"):
        raise RequestError(
            "the ledger is not a server of this home",
            hint="there: CREATE ROLE ana LOGIN PASSWORD '…' IN ROLE organism_operator (docs/security.md)",
        )
    return Home(settings.home)


def _reload(home: Home) -> None:
    state = load_state(home)
    ledger = None if state is None else state.server(LEDGER)
    if ledger is not None and ledger.process is not None:
        with suppress(ProcessLookupError):
            os.kill(ledger.process.pid, signal.SIGHUP)


def _put_on_servers(settings: Settings, home: Home, user: str, role: Role) -> None:
    """Where they run; those that do not know of it by the home when they start."""
    password = home.password(person_login(user))
    if settings.redis_url is not None:
        _stream(settings).put_user(person_login(user), password, person_rules(role))
    if (server := _network(home)) is not None:
        server.put_user(person_login(user), password, writes=role.writes)


def _variables(settings: Settings, home: Home, user: str, role: Role) -> Mapping[str, str]:
    """Those of the home's servers, as this person."""
    password = home.password(person_login(user))
    found = dict(running_servers(settings.home))
    for name in [name for name in found if "READER" in name or name == "ORGANISM_POSTGRES_DSN"]:
        del found[name]
    if "ORGANISM_REDIS_URL" in found:
        place = found["ORGANISM_REDIS_URL"].partition("@")[2]
        found["ORGANISM_REDIS_URL"] = f"redis://{quote(person_login(user), safe='')}:{password}@{place}"
    if role.writes or chosen_neo4j(home) is None:
        found |= {"ORGANISM_NEO4J_USER": person_login(user), "ORGANISM_NEO4J_PASSWORD": password}
    else:  # every user of Neo4j Community may do everything
        for name in [name for name in found if name.startswith("ORGANISM_NEO4J")]:
            del found[name]
    if not role.writes:
        found.pop("PREFECT_API_AUTH_STRING", None)  # one password for everything: it starts runs
        found.pop("PREFECT_API_URL", None)
    return found


def _stream(settings: Settings) -> RedisStream:
    return RedisStream(settings.need("redis_url"), stream=settings.stream, dead_letters=settings.dead_letters)


def _network(home: Home) -> ArcadeDb | Neo4j | None:
    """The network's server where it runs; who was let in or out meanwhile, it learns when it starts."""
    if "ORGANISM_NEO4J_URI" not in running_servers(home.folder):
        return None
    return chosen_neo4j(home) or ArcadeDb(home, arcadedb_package())
