"""All names, defaults and units in one table; the only reader of the environment.

Precedence of a value: the variable, then the file named by `<variable>_FILE`, then the embedded servers of the home
(`servers.json`, written by `organism up`), then the default.

A plain table and not pydantic-settings: importing that costs 0.14 s of CPU, half of what `organism assets` may take.
"""

from __future__ import annotations

import getpass
import json
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from causal_organism import homes
from causal_organism.errors import NotRunningError, RefusedError, ServerName, SettingsError, UnsetSettingError
from causal_organism.plaintext import ENCRYPTED, refuse_plaintext

SERVERS_FILE = "servers.json"
HOME_LOGIN = "ORGANISM_HOME_LOGIN"
"""Set by a home for its own worker and watcher: whose login on the home's servers they use instead of the owner's."""


def _setting(env: str, default: Any, about: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"env": env, "about": about, "secret": secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What this process works with. `None` for an address: no server is configured or running."""

    home: Path = _setting("ORGANISM_HOME", Path(), "folder (0700) of embedded servers, values, snapshots and logs")
    redis_url: str | None = _setting("ORGANISM_REDIS_URL", None, "the event stream's server", secret=True)
    redis_reader_url: str | None = _setting(
        "ORGANISM_REDIS_READER_URL", None, "the same as a user who only reads, for --read-only", secret=True
    )
    neo4j_uri: str | None = _setting("ORGANISM_NEO4J_URI", None, "the network's server, bolt:// or neo4j://")
    neo4j_user: str = _setting("ORGANISM_NEO4J_USER", "neo4j", "user there")
    neo4j_password: str | None = _setting("ORGANISM_NEO4J_PASSWORD", None, "password there", secret=True)
    neo4j_reader_user: str | None = _setting(
        "ORGANISM_NEO4J_READER_USER", None, "user there who only reads, for --read-only"
    )
    neo4j_reader_password: str | None = _setting(
        "ORGANISM_NEO4J_READER_PASSWORD", None, "password of that user", secret=True
    )
    neo4j_database: str = _setting("ORGANISM_NEO4J_DATABASE", "neo4j", "database there")
    postgres_dsn: str | None = _setting("ORGANISM_POSTGRES_DSN", None, "ledger, archive, interventions", secret=True)
    postgres_reader_dsn: str | None = _setting(
        "ORGANISM_POSTGRES_READER_DSN", None, "the same as a login who only reads, for --read-only", secret=True
    )
    postgres_prepared: bool = _setting(
        "ORGANISM_POSTGRES_PREPARED",
        False,
        "prepare repeated statements under names, which few poolers bear; unset: only on the embedded server",
    )
    timescale_dsn: str | None = _setting(
        "ORGANISM_TIMESCALE_DSN", None, "readings; unset: same as Postgres", secret=True
    )
    worker_password: str | None = _setting(
        "ORGANISM_WORKER_PASSWORD",
        None,
        "`deploy setup`, as the owner of the tables, makes the login organism_deployed_worker with it",
        secret=True,
    )
    prefect_api_url: str | None = _setting("PREFECT_API_URL", None, "the Prefect server's API, ending in /api")
    prefect_auth: str | None = _setting(
        "PREFECT_API_AUTH_STRING", None, "user:password of the Prefect API", secret=True
    )
    tls_ca: str | None = _setting(
        "ORGANISM_TLS_CA", None, "file (PEM) of who signs the servers' certificates; unset: whom the system trusts"
    )
    tls_cert: str | None = _setting("ORGANISM_TLS_CERT", None, "file (PEM) of our own certificate, where servers ask")
    tls_key: str | None = _setting("ORGANISM_TLS_KEY", None, "file (PEM) of its key")
    plaintext: str | None = _setting(
        "ORGANISM_PLAINTEXT",
        None,
        f"servers on other machines that may be asked without encryption, with commas: {', '.join(ENCRYPTED)}",
    )
    stream: str = _setting("ORGANISM_STREAM", "organism:interactions", "Redis key of the interactions")
    dead_letters: str = _setting("ORGANISM_DEAD_LETTERS", "organism:dead-letters", "Redis key of refused interactions")
    assets: str | None = _setting(
        "ORGANISM_ASSETS", None, "package.module:NAME in place of the catalog; several with commas, `catalog` is ours"
    )
    values: str | None = _setting(
        "ORGANISM_VALUES", None, "folder or object-store URL of large values, one for all; unset: in the home"
    )
    values_group: str | None = _setting(
        "ORGANISM_VALUES_GROUP", None, "group that shares the folder of large values; unset: its owner alone"
    )
    study: str | None = _setting(
        "ORGANISM_STUDY", None, "study file of the panel; unset: study.toml of the home, else the one that ships"
    )
    studies: str | None = _setting(
        "ORGANISM_STUDIES", None, "folder of further studies, each NAME.toml with its table; unset: studies of the home"
    )
    actor: str = _setting("ORGANISM_ACTOR", "", "who acts; unset: user@host")
    read_only: bool = _setting("ORGANISM_READ_ONLY", False, "refuse every action that changes something")
    lease_wait_s: float = _setting("ORGANISM_LEASE_WAIT_S", 300.0, "how long a run waits for an asset's lease")
    parallel_steps: int = _setting(
        "ORGANISM_PARALLEL_STEPS", 1, "assets or partitions that one run makes at once, in threads"
    )
    block_ms: int = _setting(
        "ORGANISM_BLOCK_MS", 100, "assets that took less than this together share a Prefect task; 0: each has its own"
    )
    retry_delay_scale: float = _setting(
        "ORGANISM_RETRY_DELAY_SCALE", 1.0, "factor on every pause before a retry; 0: none"
    )
    stream_keep: int = _setting("ORGANISM_STREAM_KEEP", 1_000_000, "entries that stay in the stream after acceptance")
    archive_days: int = _setting(
        "ORGANISM_ARCHIVE_DAYS", 90, "single interactions are kept so long by `organism retain`; 0: for ever"
    )
    readings_days: int = _setting(
        "ORGANISM_READINGS_DAYS", 730, "effects and scores over time are kept so long by `organism retain`; 0: for ever"
    )
    batch_events: int = _setting("ORGANISM_BATCH_EVENTS", 10_000, "most interactions accepted in one batch")
    batch_bytes: int = _setting("ORGANISM_BATCH_BYTES", 8_000_000, "most bytes of entries accepted in one batch")
    batch_seconds: float = _setting(
        "ORGANISM_BATCH_SECONDS", 5.0, "accepting a batch should not take longer: where it does, batches get smaller"
    )
    betweenness_exact_people: int = _setting(
        "ORGANISM_BETWEENNESS_EXACT_PEOPLE", 2_000, "people up to which every make of betweenness is exact"
    )
    betweenness_sources: int = _setting("ORGANISM_BETWEENNESS_SOURCES", 512, "sampled sources above that")
    betweenness_budget_sources: int = _setting(
        "ORGANISM_BETWEENNESS_BUDGET_SOURCES",
        4_096,
        "sources that each full analysis adds until all are covered; 0: none",
    )
    slices: str = _setting("ORGANISM_SLICES", "threads", "who does the slices of heavy views: threads or dask")
    dask_address: str | None = _setting(
        "ORGANISM_DASK_ADDRESS", None, "scheduler of a Dask cluster; unset: one of this machine, while it is needed"
    )
    scratch: str | None = _setting(
        "ORGANISM_SCRATCH", None, "folder of unfinished work, which all Dask workers see; unset: beside the values"
    )
    window_days: int = _setting(
        "ORGANISM_WINDOW_DAYS", 0, "the network counts only so many days (UTC) back from the newest event; 0: all"
    )
    min_group: int = _setting("ORGANISM_MIN_GROUP", 10, "smallest team shown in views/teams (never below 5)")
    environment: str = _setting("ENVIRONMENT", "development", "named in alerts")
    slack_webhook_url: str | None = _setting("SLACK_WEBHOOK_URL", None, "alerts to Slack", secret=True)
    sentry_dsn: str | None = _setting("SENTRY_DSN", None, "alerts to Sentry", secret=True)
    alert_email: str | None = _setting("ALERT_EMAIL", None, "alerts by e-mail to this address")
    alert_webhook_url: str | None = _setting("ALERT_WEBHOOK_URL", None, "alerts as JSON to this URL", secret=True)
    alert_email_from: str = _setting("ALERT_EMAIL_FROM", "organism@localhost", "sender of alert e-mail")
    alert_apprise_urls: str | None = _setting(
        "ALERT_APPRISE_URLS", None, "further channels, as Apprise writes them, with spaces between", secret=True
    )
    alerts_quiet: str | None = _setting(
        "ORGANISM_ALERTS_QUIET", None, "alerts that are not errors wait for the end of 22:00-07:00 Europe/Berlin"
    )
    retain_hours: float = _setting(
        "ORGANISM_RETAIN_HOURS", 24.0, "`organism watch` begins `organism retain` so often; 0: never"
    )
    log_format: str = _setting("ORGANISM_LOG_FORMAT", "text", "logs of processes that stay: text, or json, a line each")
    traces: bool = _setting(
        "ORGANISM_TRACES", False, "traces by OpenTelemetry, to where OTEL_EXPORTER_OTLP_ENDPOINT says; the extra `otel`"
    )
    watch_seconds: float = _setting("ORGANISM_WATCH_SECONDS", 30.0, "between two looks of `organism watch`")
    watch_ping_url: str | None = _setting(
        "ORGANISM_WATCH_PING_URL",
        None,
        "asked after every good look, so that somebody hears when none come",
        secret=True,
    )
    smtp_url: str | None = _setting("SMTP_URL", None, "smtp[s]://user:password@host:port for alert e-mail", secret=True)

    others: Mapping[str, str] = field(
        default_factory=dict, metadata={"env": None, "about": "further ORGANISM_ variables"}
    )

    def __post_init__(self) -> None:
        for each in fields(self):
            value, variable = getattr(self, each.name), each.metadata["env"]
            if isinstance(value, str) and any(mark in value for mark in "\r\n\0"):
                raise SettingsError(f"{variable} holds a line break or a NUL")
            if each.name in _URLS and value:
                _refuse_bad_port(variable, value)
        for name, holds, must in _RULES:
            value = getattr(self, name)
            if not holds(value):
                variable = self.__dataclass_fields__[name].metadata["env"]
                raise SettingsError(f"{variable} is {value!r}; {must}")

    @property
    def values_folder(self) -> Path:
        """Where workers share what is not the content of a version; with an object store, each machine has its own."""
        return Path(self.values) if self.values and "://" not in self.values else self.home / "values"

    @property
    def plaintext_servers(self) -> frozenset[str]:
        """Servers on other machines that may be asked without encryption."""
        return _names(self.plaintext)

    def value(self, name: str) -> Any:
        """A setting that an asset declares: a field of this table, or the variable ORGANISM_<NAME>."""
        if any(each.name == name for each in fields(self)):
            return getattr(self, name)
        variable = f"ORGANISM_{name.upper()}"
        text = _read_variable(self.others, variable)
        if text is None:
            message = f"an asset declares the setting {name!r}, and {variable} is not set"
            raise UnsetSettingError(message, variable=variable)
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return text

    def refuse_changes(self) -> None:
        """To be called before anything is changed. Raises RefusedError where nothing may be changed."""
        self.refuse_read_only()
        homes.refuse_strange(self.home)

    def as_reader(self) -> Settings:
        """These with the logins that only read, where there are such."""
        dsn = self.postgres_reader_dsn or self.postgres_dsn
        user, password = self.neo4j_user, self.neo4j_password
        if self.neo4j_reader_user:
            user, password = self.neo4j_reader_user, self.neo4j_reader_password
        return replace(
            self,
            postgres_dsn=dsn,
            timescale_dsn=dsn if self.timescale_dsn == self.postgres_dsn else self.timescale_dsn,
            redis_url=self.redis_reader_url or self.redis_url,
            neo4j_user=user,
            neo4j_password=password,
        )

    @property
    def may_change(self) -> bool:
        return not self.read_only and not homes.recognize(self.home).is_strange

    def refuse_read_only(self) -> None:
        if self.read_only:
            raise RefusedError(
                "this is read-only: nothing is changed here",
                hint="ORGANISM_READ_ONLY is set, or this console was opened with --read-only",
                code="read-only",
            )

    def need(self, name: str) -> str:
        """The address in field `name`.

        Raises:
            NotRunningError: there is none.
            SettingsError: it leads to another machine without encryption, which ORGANISM_PLAINTEXT does not permit.
        """
        value = getattr(self, name)
        variable = self.__dataclass_fields__[name].metadata["env"]
        if value is None:
            home = homes.recognize(self.home)
            if home.is_strange:
                raise home.not_running()
            raise NotRunningError(
                f"{variable} is not set and no such server runs in {self.home}",
                hint=f"start the embedded servers with `organism up`, or set {variable}",
                server=_SERVERS.get(name),
            )
        if server := _ENCRYPTED_BY_SCHEME.get(name):
            refuse_plaintext(variable, value, server=server, permitted=self.plaintext_servers)
        return str(value)


_URLS = frozenset({
    "redis_url", "redis_reader_url", "neo4j_uri",
    "prefect_api_url", "slack_webhook_url", "sentry_dsn", "alert_webhook_url", "smtp_url",
    "watch_ping_url",
})  # fmt: skip

_ENCRYPTED_BY_SCHEME = {"redis_url": "redis", "neo4j_uri": "neo4j", "prefect_api_url": "prefect"}

_SERVERS = {
    "postgres_dsn": ServerName.LEDGER,
    "redis_url": ServerName.STREAM,
    "neo4j_uri": ServerName.NETWORK,
    "prefect_api_url": ServerName.ORCHESTRATOR,
}

_RULES: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    ("min_group", lambda value: value >= 5, "groups under 5 people are never shown"),
    ("parallel_steps", lambda value: value >= 1, "it must be at least 1"),
    ("block_ms", lambda value: value >= 0, "it must be 0 (a task for each asset) or more"),
    ("slices", lambda value: value in ("threads", "dask"), "it must be threads or dask"),
    ("archive_days", lambda value: value >= 0, "it must be 0 (for ever) or more"),
    ("readings_days", lambda value: value >= 0, "it must be 0 (for ever) or more"),
    (
        "plaintext",
        lambda value: _names(value) <= ENCRYPTED.keys(),
        f"it names some of {', '.join(ENCRYPTED)}, with commas between",
    ),
    ("window_days", lambda value: value >= 0, "it must be 0 (all time) or more"),
    ("batch_events", lambda value: value >= 1, "it must be at least 1"),
    ("batch_bytes", lambda value: value >= 1, "it must be at least 1"),
    ("batch_seconds", lambda value: value > 0, "it must be above 0"),
    ("retain_hours", lambda value: value >= 0, "it must be 0 (never) or more"),
    ("log_format", lambda value: value in ("text", "json"), "it must be text or json"),
    ("watch_seconds", lambda value: value >= 1, "it must be at least 1"),
)
"""Field, what holds of its value, and what is said where that does not."""


def _names(text: str | None) -> frozenset[str]:
    return frozenset(name for each in (text or "").split(",") if (name := each.strip()))


def _refuse_bad_port(variable: str, url: str) -> None:
    """The address itself may hold a password, so it is not told."""
    try:
        _ = urlsplit(url).port
    except ValueError as error:
        what = "its port is not a number from 0 to 65535" if "ort" in str(error) else "it cannot be read as a URL"
    else:
        return
    # Not from the error, which quotes what it took for a port.
    raise SettingsError(f"{variable} is not a valid address: {what}")


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment, the home's running servers, and the defaults."""
    environ = os.environ if environ is None else environ
    home = home_folder(environ)
    running = _without_foreign_readers(running_servers(home, environ), environ)
    found: dict[str, Any] = {"home": home}
    for each in fields(Settings):
        if each.name in ("home", "others"):
            continue
        text = _read_variable(environ, each.metadata["env"])
        if text is None:
            text = running.get(each.metadata["env"])
        if text is not None and text != "":
            found[each.name] = _convert(each.metadata["env"], text, each.default)
    if not found.get("actor"):
        found["actor"] = f"{_user()}@{socket.gethostname()}"
    if "postgres_prepared" not in found:  # nothing stands before a server of the home
        embedded = running.get("ORGANISM_POSTGRES_DSN")
        found["postgres_prepared"] = embedded is not None and found.get("postgres_dsn") == embedded
    known = {each.metadata["env"] for each in fields(Settings)}
    others = {n: v for n, v in environ.items() if n.startswith("ORGANISM_") and n.removesuffix("_FILE") not in known}
    return Settings(**found, others=others)


_READERS = {
    "ORGANISM_REDIS_URL": ("ORGANISM_REDIS_READER_URL",),
    "ORGANISM_NEO4J_URI": ("ORGANISM_NEO4J_READER_USER", "ORGANISM_NEO4J_READER_PASSWORD"),
}


def _without_foreign_readers(running: Mapping[str, str], environ: Mapping[str, str]) -> Mapping[str, str]:
    """The home's variables without those of readers on a server that the environment puts another in place of."""
    elsewhere = {name for name in _READERS if _read_variable(environ, name) not in (None, running.get(name))}
    foreign = {each for name in elsewhere for each in _READERS[name]}
    return {name: value for name, value in running.items() if name not in foreign}


def wants_traces(environ: Mapping[str, str] | None = None) -> bool:
    """`traces` alone: asked before every command, also of one that needs no setting."""
    text = _read_variable(os.environ if environ is None else environ, "ORGANISM_TRACES")
    return bool(_convert("ORGANISM_TRACES", text, False)) if text else False


def home_folder(environ: Mapping[str, str]) -> Path:
    """`ORGANISM_HOME`, else the user's state folder."""
    if environ.get("ORGANISM_HOME"):
        return Path(environ["ORGANISM_HOME"]).expanduser().absolute()
    state = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".local" / "state")
    return Path(state) / "organism"


def running_servers(home: Path, environ: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Variables of the embedded servers that run in `home`, as this process logs in there; empty if none do, or they
    are those of another home.
    """
    login = (os.environ if environ is None else environ).get(HOME_LOGIN, "")
    if homes.recognize(home).is_strange:
        return {}
    try:
        document = json.loads((home / SERVERS_FILE).read_text())
    except (FileNotFoundError, NotADirectoryError, PermissionError, json.JSONDecodeError):
        return {}
    found = {**document.get("environment", {}), **document.get("logins", {}).get(login, {})}
    return {str(name): str(value) for name, value in found.items()}


def _read_variable(environ: Mapping[str, str], name: str) -> str | None:
    given = environ.get(name)
    file = environ.get(f"{name}_FILE")
    if given or not file:  # compose and others hand on variables that nobody set as blank ones
        return given
    try:
        return Path(file).read_text().strip()
    except OSError as error:
        raise SettingsError(f"{name}_FILE names {file}, which cannot be read: {error.strerror}") from error


def _convert(name: str, text: str, default: Any) -> Any:
    try:
        if isinstance(default, bool):
            return {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}[text.lower()]
        if isinstance(default, int):
            return int(text)
        if isinstance(default, float):
            return float(text)
    except (KeyError, ValueError) as error:
        raise SettingsError(f"{name} is {text!r}, which is not a {type(default).__name__}") from error
    return text


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid{os.getuid()}"
