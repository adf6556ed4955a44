"""The console in a browser: textual-serve on this machine alone, and only for who has the address with its token."""

from __future__ import annotations

import hmac
import secrets
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from causal_organism.errors import NeedsExtraError, RequestError, install_hint

if TYPE_CHECKING:
    from aiohttp import web

HOST = "127.0.0.1"
TOKEN = "token"

Handler = Callable[["web.Request"], Awaitable["web.StreamResponse"]]


def serve_console(*, port: int, options: Sequence[str]) -> None:
    """Show the console with these options in browsers until ^C; every window runs one of its own.

    Raises RequestError.
    """
    try:
        from textual_serve.server import Server  # with aiohttp, 0.4 s of CPU
    except ImportError:
        raise NeedsExtraError(
            "showing the console in a browser needs textual-serve", hint=install_hint("serve")
        ) from None
    command = [sys.executable, "-m", "causal_organism", "tui", *options]
    token, port = secrets.token_urlsafe(24), _free_port(port)

    class Guarded(Server):  # type: ignore[misc, unused-ignore]
        def initialize_logging(self) -> None:
            """Its own logs every address that is asked for, tokens too."""

        async def _make_app(self) -> Any:
            app = await super()._make_app()
            app.middlewares.append(_guard(token, port))
            app.on_response_prepare.append(_keep_within)
            return app

        async def on_startup(self, app: Any) -> None:
            click.echo(f"http://{HOST}:{port}/?{TOKEN}={token}")
            click.echo("Open it in a browser of this machine; ^C ends it.", err=True)

    Guarded(shlex.join(command), host=HOST, port=port, title="organism").serve()


async def _keep_within(request: web.Request, response: web.StreamResponse) -> None:
    """The page asks for nothing elsewhere: textual-serve's would fetch a font from another host."""
    response.headers["Content-Security-Policy"] = "default-src 'self' data: 'unsafe-inline'"


def _free_port(port: int) -> int:
    """The port to listen on; 0: any that is free. Before it is told: the server binds after it says that it has."""
    try:
        with socket.create_server((HOST, port)) as free:
            return int(free.getsockname()[1])
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
