"""A real Neo4j that speaks TLS itself: by whose certificate and name it is believed, and whom it lets in.

The other servers of a home have no TLS of their own: tests/stores/test_tls.py puts some before them.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import neo4j
import pytest

from causal_organism.embedded import processes
from causal_organism.embedded.home import open_home
from causal_organism.embedded.servers import probes
from causal_organism.embedded.servers.neo4j import Neo4j
from causal_organism.errors import OrganismError, StoreError
from causal_organism.stores.bolt.connection import BoltServer
from causal_organism.stores.bolt.encryption import encrypted
from causal_organism.stores.bolt.network import BoltNetwork
from causal_organism.stores.tls import NONE, Tls
from tests.stores.certificates import Authority, authority
from tests.waiting import until

_TLS = """
server.bolt.tls_level=REQUIRED
dbms.ssl.policy.bolt.enabled=true
dbms.ssl.policy.bolt.base_directory={folder}
dbms.ssl.policy.bolt.private_key=server.key
dbms.ssl.policy.bolt.public_certificate=server.pem
dbms.ssl.policy.bolt.client_auth={clients}
"""


@dataclass(frozen=True)
class Encrypted:
    """A Neo4j with a certificate for localhost, signed by `ours`."""

    port: int
    password: str
    ours: Authority
    others: Authority

    def ask(self, tls: Tls, host: str = "localhost", scheme: str = "bolt+s") -> bool:
        address = f"{scheme}://{host}:{self.port}"
        with closing(BoltNetwork(BoltServer(uri=address, user="neo4j", password=self.password, tls=tls))) as asked:
            return asked.position() is not None


@pytest.fixture(scope="module", params=["neo4j NONE", "neo4j REQUIRE"], ids=["any-client", "known-clients"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, neo4j_home: str
) -> Iterator[Encrypted]:
    """As `client_auth` has it."""
    java = shutil.which("java")
    assert java is not None
    folder = tmp_path_factory.mktemp("tls")
    ours, others = authority(folder / "ours"), authority(folder / "others")
    home = open_home(folder / "home")
    server = Neo4j(home, Path(neo4j_home), java)
    server.prepare()
    launch = server.launch()
    keys = _certificates(launch.folder / "tls", ours)
    with (launch.folder / "conf" / "neo4j.conf").open("a") as settings:
        settings.write(_TLS.format(folder=keys, clients=request.param.split()[1]))
    process = processes.spawn(launch, log=folder / "log", death_signal=signal.SIGKILL)
    try:
        found = Encrypted(home.port("network"), home.password("network"), ours, others)
        until(lambda: probes.accepts("127.0.0.1", found.port))
        yield found
    finally:
        process.terminate()
        process.wait(60)


def _certificates(folder: Path, ours: Authority) -> Path:
    """The server's certificate and key, and in `trusted` who signs clients'."""
    (folder / "trusted").mkdir(parents=True)
    certificate, key = ours.issue("localhost")
    shutil.copy(certificate, folder / "server.pem")
    shutil.copy(key, folder / "server.key")
    shutil.copy(ours.file, folder / "trusted" / "ca.pem")
    return folder


@pytest.fixture
def known(server: Encrypted) -> Tls:
    """All that is right: who signed the server's certificate, and one of ours that it knows."""
    return Tls(server.ours.file, *server.ours.issue("organism"))


def test_it_is_believed_by_who_signed_its_certificate_and_by_its_name(server: Encrypted, known: Tls) -> None:
    assert server.ask(known)
    for wrong in (replace(known, ca=server.others.file), replace(known, ca=None), NONE):
        with pytest.raises(OrganismError):
            server.ask(wrong)
    with pytest.raises(StoreError):
        server.ask(known, host="127.0.0.1")  # the same server, under a name that its certificate does not have
    with pytest.raises(StoreError):
        server.ask(NONE, scheme="bolt")  # and not without TLS


def test_nobody_reads_files_of_its_machine_by_a_query(server: Encrypted, known: Tls) -> None:
    address, options = encrypted(f"bolt+s://localhost:{server.port}", known)
    with (
        neo4j.GraphDatabase.driver(address, auth=("neo4j", server.password), **options) as driver,
        pytest.raises(neo4j.exceptions.ClientError, match="allow_csv_import_from_file_urls"),
    ):
        driver.execute_query("LOAD CSV FROM 'file:///neo4j.conf' AS row RETURN row", database_="neo4j")


def test_where_it_asks_who_we_are_only_our_certificate_lets_us_in(
    server: Encrypted, known: Tls, request: pytest.FixtureRequest
) -> None:
    theirs = Tls(server.ours.file, *server.others.issue("organism"))
    for stranger in (Tls(server.ours.file), theirs):
        if "known-clients" in request.node.callspec.id:
            with pytest.raises(StoreError):
                server.ask(stranger)
        else:
            assert server.ask(stranger)
