"""Is a server answering? One short exchange in its own protocol, without its driver.

The drivers cost 0.1 to 0.3 s of import each and belong to the stores; the supervisor asks several times a second.
"""

from __future__ import annotations

import base64
import http.client
import json
import socket
import struct
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 2.0
_NO_CONNECTION_FREE = b"\0C53300\0"
_FAILURES = (OSError, http.client.HTTPException, ValueError)


def postgres_answers(host: str, port: int, *, user: str, database: str) -> bool:
    """It asks for the password: so it is past its start-up and recovery. Without a free connection it answers too."""
    parameters = b"".join(part.encode() + b"\0" for part in ("user", user, "database", database)) + b"\0"
    message = struct.pack("!ii", 8 + len(parameters), 196_608) + parameters
    answer = _exchange(host, port, message, 1024, until=b"\0\0")
    return answer.startswith(b"R") or _NO_CONNECTION_FREE in answer


def valkey_answers(host: str, port: int, *, password: str) -> bool:
    """It takes the password and has loaded its data."""
    answer = _exchange(host, port, _resp("AUTH", password) + _resp("PING"), 12)
    return answer == b"+OK\r\n+PONG\r\n"


def bolt_answers(host: str, port: int) -> bool:
    """It agrees on a version of the protocol."""
    answer = _exchange(host, port, b"\x60\x60\xb0\x17" + b"\x00\x04\x04\x05" + b"\0\0\x04\x04" + bytes(8), 4)
    return answer[:1] == b"\0" and answer[3:] in (b"\4", b"\5")


def bolt_server(host: str, port: int) -> str:
    """How a server names itself, as `Neo4j/5.26.12`; empty if it does not answer in the clear."""
    hello = b"\xb1\x01\xa2\x8auser_agent\x88organism\x8abolt_agent\xa1\x87product\x88organism"
    message = b"\x60\x60\xb0\x17" + b"\x00\x04\x04\x05" + bytes(12) + struct.pack("!H", len(hello)) + hello + bytes(2)
    _, found, rest = _exchange(host, port, message, 1024, until=b"\0\0").partition(b"\x86server")
    if not found:
        return ""
    size = rest[1] if rest[:1] == b"\xd0" else rest[0] - 0x80  # a string of up to 255 bytes, or of up to 15
    start = 2 if rest[:1] == b"\xd0" else 1
    return rest[start : start + size].decode(errors="replace")


def redis_information(host: str, port: int, *, user: str | None, password: str) -> dict[str, str]:
    """What INFO says of the server; empty if it does not answer in the clear or refuses the password."""
    words = [word for word in (user, password) if word]
    message = (_resp("AUTH", *words) if words else b"") + _resp("INFO", "server")
    lines = _exchange(host, port, message, 65_536, until=b"\r\n\r\n").decode(errors="replace").splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line)


def http_get(url: str, *, auth: str | None = None) -> Any:
    return http_send("GET", url, auth=auth)


def http_send(method: str, url: str, document: Any = None, *, auth: str | None = None) -> Any:
    """The JSON document that is answered, or None for no answer, an error or an empty one."""
    place = urlsplit(url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    headers = {"Content-Type": "application/json"}
    if auth is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(auth.encode()).decode()
    connection = kind(place.hostname or "localhost", place.port, timeout=TIMEOUT_S)
    try:
        connection.request(method, place.path, None if document is None else json.dumps(document), headers)
        answer = connection.getresponse()
        text = answer.read()
        return json.loads(text) if text and answer.status < 300 else None
    except _FAILURES:
        return None
    finally:
        connection.close()


def _exchange(host: str, port: int, message: bytes, size: int, *, until: bytes | None = None) -> bytes:
    """What is answered: up to `size` bytes, or less where it ends with `until`."""
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT_S) as connection:
            connection.sendall(message)
            answer = b""
            while len(answer) < size:
                part = connection.recv(size - len(answer))
                if not part:
                    break
                answer += part
                if until is not None and answer.endswith(until):
                    break
            return answer
    except OSError:
        return b""


def _resp(*words: str) -> bytes:
    parts = [word.encode() for word in words]
    return b"".join([b"*%d\r\n" % len(parts), *(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)])


def accepts(host: str, port: int) -> bool:
    """Somebody listens there."""
    try:
        with socket.create_connection((host, port), timeout=TIMEOUT_S):
            return True
    except OSError:
        return False
