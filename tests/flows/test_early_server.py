"""A home's Prefect server is begun before its database: it waits for one, and for nothing else."""

from __future__ import annotations

import asyncio
import socket
from urllib.parse import urlsplit

import pytest

from causal_organism.flows.early_server import answers


def test_where_nobody_listens_there_is_no_database_yet() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert not asyncio.run(answers(f"postgresql://prefect:secret@127.0.0.1:{port}/prefect"))


@pytest.mark.servers
def test_a_database_answers_also_where_it_refuses_the_login_which_prefect_says_itself(postgres_dsn: str) -> None:
    place = urlsplit(postgres_dsn)
    wrong = place._replace(netloc=f"{place.username}:wrong@{place.hostname}:{place.port}").geturl()
    assert asyncio.run(answers(postgres_dsn))
    assert asyncio.run(answers(wrong))
