"""Servers that are not the home's: where the variables say they are, asked for product and version."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

from causal_organism.embedded.servers import probes
from causal_organism.embedded.servers.prefect import POOL, workers_online
from causal_organism.embedded.servers.server import LEDGER, NETWORK, ORCHESTRATOR, STREAM, WATCH, WORKER
from causal_organism.errors import SettingsError, StoreError
from causal_organism.settings import Settings
from causal_organism.stores.tls import Tls

_PLACES = {
    LEDGER: ("postgres_dsn", "ORGANISM_POSTGRES_DSN", 5432),
    STREAM: ("redis_url", "ORGANISM_REDIS_URL", 6379),
    NETWORK: ("neo4j_uri", "ORGANISM_NEO4J_URI", 7687),
    ORCHESTRATOR: ("prefect_api_url", "PREFECT_API_URL", 4200),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server elsewhere said of itself. `version` is None if it does not say, as behind TLS."""

    address: str  # without secrets
    product: str
    version: str | None
    healthy: bool
    error: str | None = None


def ask(settings: Settings, name: str, embedded: Mapping[str, str]) -> Answer | None:
    """The server of this name where a variable names one that is not among `embedded`, else None."""
    if name == WATCH:
        return None
    if name == WORKER:
        return _ask_for_workers(settings, embedded)
    field, variable, default_port = _PLACES[name]
    url = getattr(settings, field)
    if not url or url == embedded.get(variable):
        return None
    try:
        place = urlsplit(url if "://" in url else _as_url(url))
        host, port = place.hostname or "localhost", place.port or default_port
    except ValueError:  # not told with its error, which quotes what may be a password
        return Answer(address=f"{variable} cannot be read", product="?", version=None, healthy=False)
    address = f"{place.scheme}://{host}:{port}{place.path}"
    try:
        settings.need(field)
    except SettingsError as error:
        return Answer(address=address, product="?", version=None, healthy=False, error=error.message)
    product, version = _ask(settings, name, place, host, port)
    healthy = version is not None or (_is_encrypted(place) and probes.accepts(host, port))
    return Answer(address=address, product=product, version=version, healthy=healthy)


def _ask(settings: Settings, name: str, place: SplitResult, host: str, port: int) -> tuple[str, str | None]:
    """(product, version); no version if it does not answer."""
    match name:
        case "ledger":
            return "PostgreSQL", _postgres_version(settings)
        case "stream":
            if _is_encrypted(place):  # where TLS is expected, the password would go there in the clear
                return "Redis", None
            facts = probes.redis_information(host, port, user=place.username, password=unquote(place.password or ""))
            if "valkey_version" in facts:
                return "Valkey", facts["valkey_version"]
            return "Redis", facts.get("redis_version")
        case "network":
            said = probes.bolt_server(host, port)  # `Neo4j/5.26.0 compatible (ArcadeDB 26.10.2)`
            product, _, version = said.rpartition("(")[2].rstrip(")").replace("/", " ").partition(" ")
            return product or "Neo4j", version or None
        case _:
            url = settings.need("prefect_api_url").rstrip("/")
            version = probes.http_get(f"{url}/admin/version", auth=settings.prefect_auth)
            return "Prefect", None if version is None else str(version)


def _ask_for_workers(settings: Settings, embedded: Mapping[str, str]) -> Answer | None:
    url = settings.prefect_api_url
    if not url or url == embedded.get("PREFECT_API_URL"):
        return None
    try:
        settings.need("prefect_api_url")
    except SettingsError as error:
        return Answer(address=POOL, product="Prefect", version=None, healthy=False, error=error.message)
    online = workers_online(url.rstrip("/"), settings.prefect_auth)
    address = f"{POOL}/{','.join(online)}"
    return Answer(address=address, product="Prefect", version=None, healthy=bool(online))


def _postgres_version(settings: Settings) -> str | None:
    from causal_organism.stores.postgres.database import Database  # loads psycopg, 0.1 s, where there is such a server

    try:
        with Database(settings.need("postgres_dsn"), tls=Tls.of(settings)).connect() as connection:
            said = connection.info.parameter_status("server_version")
    except (StoreError, SettingsError):
        return None
    return said.split()[0] if said else None


def _is_encrypted(place: SplitResult) -> bool:
    return place.scheme in ("rediss", "https") or "+s" in place.scheme


def _as_url(dsn: str) -> str:
    """A DSN of words (`host=… dbname=…`) as a URL, as far as it is shown."""
    words = dict(word.split("=", 1) for word in shlex.split(dsn) if "=" in word)
    host = "localhost" if words.get("host", "/").startswith("/") else words["host"]
    return f"postgresql://{host}:{words.get('port', 5432)}/{words.get('dbname', '')}"
