#!/usr/bin/env python3
"""Make the secrets of docker-compose.prefect.yml: a file for each, which containers find in /run/secrets.

    deploy/make_secrets.py [FOLDER]     makes passwords that are not there yet, and the addresses that hold them

FOLDER is deploy/secrets, unless SECRETS in deploy/.env names another. A password of your own, without spaces or quotes,
goes into its file first. Addresses are written anew every time: to change a password, change it on its server, write it
into its file, run this again, and start the containers again.
"""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from urllib.parse import quote

FOLDER = Path(__file__).resolve().parent / "secrets"
PREFECT_USER = "organism"
PASSWORDS = (
    "postgres_password",  # of PostgreSQL's superuser, whom nothing here logs in as
    "postgres_owner_password",  # of the owner of our database
    "postgres_prefect_password",  # of the owner of Prefect's
    "redis_password",  # of whoever sends interactions, and sets up
    "worker_password",  # of the workers' and the watcher's logins on PostgreSQL and Redis, which own nothing
    "neo4j_password",
    "prefect_password",  # of Prefect's API and pages. Whoever can call it can have the workers run code
)


def addresses(known: dict[str, str]) -> dict[str, str]:
    """File -> what a process needs to find a server and log in there."""
    safe = {name: quote(password, safe="") for name, password in known.items()}
    ours = "postgres:5432/organism?sslmode=disable"  # the containers' network is their own
    return {
        "owner_postgres_dsn": f"postgresql://organism:{safe['postgres_owner_password']}@{ours}",
        "owner_redis_url": f"redis://default:{safe['redis_password']}@redis:6379/0",
        "worker_postgres_dsn": f"postgresql://organism_deployed_worker:{safe['worker_password']}@{ours}",
        "worker_redis_url": f"redis://worker:{safe['worker_password']}@redis:6379/0",
        "prefect_database_url": f"postgresql+asyncpg://prefect:{safe['postgres_prefect_password']}@postgres:5432/prefect",
        "prefect_api_auth": f"{PREFECT_USER}:{known['prefect_password']}",
        "neo4j_auth": f"neo4j/{known['neo4j_password']}",
    }


def make(folder: Path) -> list[str]:
    """Which passwords were made. The folder keeps out who else is on this machine, not users in containers."""
    folder.mkdir(mode=0o700, exist_ok=True)
    folder.chmod(0o700)
    new = [name for name in PASSWORDS if not (folder / name).exists()]
    for name in new:
        _write(folder / name, secrets.token_hex(24))
    known = {name: (folder / name).read_text().strip() for name in PASSWORDS}
    if blank := [name for name, password in known.items() if not password]:
        raise ValueError(f"these files are empty: {', '.join(blank)}")
    for name, text in addresses(known).items():
        _write(folder / name, text)
    return new


def _write(file: Path, text: str) -> None:
    """Whole or not at all."""
    partial = file.with_name(f"{file.name}.new")
    partial.write_text(f"{text}\n")
    partial.chmod(0o644)
    partial.replace(file)


def main() -> int:
    if len(sys.argv) > 2 or any(each.startswith("-") for each in sys.argv[1:]):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        new = make(Path(sys.argv[1]) if sys.argv[1:] else FOLDER)
    except (OSError, ValueError) as error:
        print(f"make_secrets.py: {error}", file=sys.stderr)
        return 1
    print(f"made: {', '.join(new)}" if new else "every password is there", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
