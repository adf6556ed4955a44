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
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from causal_organism import homes
from causal_organism.errors import NotRunningError, RefusedError, SettingsError

SERVERS_FILE = "servers.json"


def _setting(env: str, default: Any, about: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"env": env, "about": about, "secret": secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What this process works with. `None` for an address: no server is configured or running."""

    home: Path = _setting("ORGANISM_HOME", Path(), "folder (0700) of embedded servers, values, snapshots and logs")
    redis_url: str | None = _setting("ORGANISM_REDIS_URL", None, "the event stream's server", secret=True)
    neo4j_uri: str | None = _setting("ORGANISM_NEO4J_URI", None, "the network's server, bolt:// or neo4j://")
    neo4j_user: str = _setting("ORGANISM_NEO4J_USER", "neo4j", "user there")
    neo4j_password: str | None = _setting("ORGANISM_NEO4J_PASSWORD", None, "password there", secret=True)
    neo4j_database: str = _setting("ORGANISM_NEO4J_DATABASE", "neo4j", "database there")
    postgres_dsn: str | None = _setting("ORGANISM_POSTGRES_DSN", None, "ledger, archive, interventions", secret=True)
    postgres_prepared: bool = _setting(
        "ORGANISM_POSTGRES_PREPARED",
        False,
        "prepare repeated statements under names, which few poolers bear; unset: only on the embedded server",
    )
    timescale_dsn: str | None = _setting(
        "ORGANISM_TIMESCALE_DSN", None, "readings; unset: same as Postgres", secret=True
    )
    prefect_api_url: str | None = _setting("PREFECT_API_URL", None, "the Prefect server's API, ending in /api")
    prefect_auth: str | None = _setting(
        "PREFECT_API_AUTH_STRING", None, "user:password of the Prefect API", secret=True
    )
    stream: str = _setting("ORGANISM_STREAM", "organism:interactions", "Redis key of the interactions")
    dead_letters: str = _setting("ORGANISM_DEAD_LETTERS", "organism:dead-letters", "Redis key of refused interactions")
    assets: str | None = _setting("ORGANISM_ASSETS", None, "package.module:NAME in place of the catalog")
    values: str | None = _setting(
        "ORGANISM_VALUES", None, "folder or object-store URL of large values, one for all; unset: in the home"
    )
    actor: str = _setting("ORGANISM_ACTOR", "", "who acts; unset: user@host")
    read_only: bool = _setting("ORGANISM_READ_ONLY", False, "refuse every action that changes something")
    lease_wait_s: float = _setting("ORGANISM_LEASE_WAIT_S", 300.0, "how long a run waits for an asset's lease")
    parallel_steps: int = _setting(
        "ORGANISM_PARALLEL_STEPS", 1, "assets or partitions that one run makes at once, in threads"
    )
    block_ms: int = _setting(
        "ORGANISM_BLOCK_MS", 0, "assets that took less than this together share a Prefect task; 0: each has its own"
    )
    retry_delay_scale: float = _setting(
        "ORGANISM_RETRY_DELAY_SCALE", 1.0, "factor on every pause before a retry; 0: none"
    )
    stream_keep: int = _setting("ORGANISM_STREAM_KEEP", 1_000_000, "entries that stay in the stream after acceptance")
    archive_days: int = _setting(
        "ORGANISM_ARCHIVE_DAYS", 90, "single interactions are kept so long by `organism retain`; 0: for ever"
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
    smtp_url: str | None = _setting("SMTP_URL", None, "smtp[s]://user:password@host:port for alert e-mail", secret=True)

    others: Mapping[str, str] = field(
        default_factory=dict, metadata={"env": None, "about": "further ORGANISM_ variables"}
    )

    def __post_init__(self) -> None:
        if self.min_group < 5:
            raise SettingsError(f"ORGANISM_MIN_GROUP is {self.min_group}; groups under 5 people are never shown")
        if self.parallel_steps < 1:
            raise SettingsError(f"ORGANISM_PARALLEL_STEPS is {self.parallel_steps}; it must be at least 1")
        if self.block_ms < 0:
            raise SettingsError(f"ORGANISM_BLOCK_MS is {self.block_ms}; it must be 0 (a task for each asset) or more")
        if self.slices not in ("threads", "dask"):
            raise SettingsError(f"ORGANISM_SLICES is {self.slices!r}; it must be threads or dask")
        if self.archive_days < 0:
            raise SettingsError(f"ORGANISM_ARCHIVE_DAYS is {self.archive_days}; it must be 0 (for ever) or more")
        if self.window_days < 0:
            raise SettingsError(f"ORGANISM_WINDOW_DAYS is {self.window_days}; it must be 0 (all time) or more")
        if self.batch_events < 1:
            raise SettingsError(f"ORGANISM_BATCH_EVENTS is {self.batch_events}; it must be at least 1")
        if self.batch_bytes < 1:
            raise SettingsError(f"ORGANISM_BATCH_BYTES is {self.batch_bytes}; it must be at least 1")
        if not self.batch_seconds > 0:
            raise SettingsError(f"ORGANISM_BATCH_SECONDS is {self.batch_seconds}; it must be above 0")

    @property
    def values_folder(self) -> Path:
        """Where workers share what is no content of a version; with an object store, each machine has its own."""
        return Path(self.values) if self.values and "://" not in self.values else self.home / "values"

    def value(self, name: str) -> Any:
        """A setting that an asset declares: a field of this table, or the variable ORGANISM_<NAME>."""
        if any(each.name == name for each in fields(self)):
            return getattr(self, name)
        variable = f"ORGANISM_{name.upper()}"
        if variable not in self.others:
            raise SettingsError(f"an asset declares the setting {name!r}, and {variable} is not set")
        text = self.others[variable]
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            return text

    def refuse_changes(self) -> None:
        """Whoever changes something asks this first. Raises RefusedError where nothing may be changed."""
        self.refuse_read_only()
        homes.refuse_strange(self.home)

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
        """The address in field `name`; raises NotRunningError if there is none."""
        value = getattr(self, name)
        if value is None:
            variable = next(f.metadata["env"] for f in fields(self) if f.name == name)
            home = homes.recognize(self.home)
            if home.is_strange:
                raise home.not_running()
            raise NotRunningError(
                f"{variable} is not set and nothing is running in {self.home}",
                hint=f"start the embedded servers with `organism up`, or set {variable}",
            )
        return str(value)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment, the home's running servers, and the defaults."""
    environ = os.environ if environ is None else environ
    home = home_folder(environ)
    running = running_servers(home)
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


def home_folder(environ: Mapping[str, str]) -> Path:
    """`ORGANISM_HOME`, else the user's state folder."""
    if environ.get("ORGANISM_HOME"):
        return Path(environ["ORGANISM_HOME"]).expanduser().absolute()
    state = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".local" / "state")
    return Path(state) / "organism"


def running_servers(home: Path) -> Mapping[str, str]:
    """Variables of the embedded servers that run in `home`; empty if none do, or they are those of another home."""
    if homes.recognize(home).is_strange:
        return {}
    try:
        document = json.loads((home / SERVERS_FILE).read_text())
    except (FileNotFoundError, NotADirectoryError, PermissionError, json.JSONDecodeError):
        return {}
    return {str(name): str(value) for name, value in document.get("environment", {}).items()}


def _read_variable(environ: Mapping[str, str], name: str) -> str | None:
    if name in environ:
        return environ[name]
    file = environ.get(f"{name}_FILE")
    if file is None:
        return None
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
