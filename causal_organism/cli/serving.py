"""The console in a browser: textual-serve on this machine alone, and only for who has the address with its token."""

from __future__ import annotations

import hmac
import secrets
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import click

from causal_organism.errors import RequestError

if TYPE_CHECKING:
    from aiohttp import web

HOST = "127.0.0.1"
TOKEN = "token"

Handler = Callable[["web.Request"], Awaitable["web.StreamResponse"]]


def serve_console(*, port: int, read_only: bool) -> None:
    """Show the console in browsers until ^C; every window runs one of its own. Raises RequestError."""
    try:
        from textual_serve.server import Server  # with aiohttp, 0.4 s of CPU
    except ImportError:
        raise RequestError(
            "showing the console in a browser needs textual-serve", hint="pip install 'causal-organism[serve]'"
        ) from None
    command = [sys.executable, "-m", "causal_organism", "tui", *(["--read-only"] if read_only else [])]
    token = secrets.token_urlsafe(24)

    class Guarded(Server):  # type: ignore[misc, unused-ignore]
        def initialize_logging(self) -> None:
            """Its own logs every address that is asked for, tokens too."""

        async def _make_app(self) -> Any:
            app = await super()._make_app()
            app.middlewares.append(_guard(token, port))
            return app

        async def on_startup(self, app: Any) -> None:
            click.echo(f"http://{HOST}:{port}/?{TOKEN}={token}")
            click.echo("Open it in a browser of this machine; ^C ends it.", err=True)

    _check_port(port)
    Guarded(shlex.join(command), host=HOST, port=port, title="organism").serve()


def _check_port(port: int) -> None:
    """Before the address is told: the server binds after it says that it has started."""
    try:
        socket.create_server((HOST, port)).close()
    except (OSError, OverflowError) as error:
        raise RequestError(f"port {port} of {HOST} cannot be used: {error}", hint="--port N chooses another") from error


def _guard(token: str, port: int) -> Any:
    """Lets in who comes with the token, once in the address and then in a cookie, and from no other page."""
    from aiohttp import web  # see serve_console

    cookie = f"organism-{port}"  # cookies of one host are those of all its ports

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/" and _same(request.query.get(TOKEN), token):
            found = web.HTTPFound("/")  # an address with the token in it would go on to other sites
            found.set_cookie(cookie, token, httponly=True, samesite="Lax")
            raise found
        origin = request.headers.get("Origin")
        if not _same(request.cookies.get(cookie), token) or origin not in (None, f"http://{request.host}"):
            raise web.HTTPForbidden(text="Open the address that `organism tui --serve` printed, with its token.\n")
        return await handler(request)

    return guard


def _same(given: str | None, token: str) -> bool:
    return given is not None and hmac.compare_digest(given.encode(), token.encode())
