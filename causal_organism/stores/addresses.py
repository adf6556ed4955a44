"""Addresses of servers as they may be told. A driver's error may quote one, or what it took for a part of one."""

from __future__ import annotations

import re
from urllib.parse import unquote

_OF_WORDS = re.compile(r"""password\s*=\s*(?:'((?:[^'\\]|\\.)*)|(\S+))""")
_LEAST = 4
"""Of what a password is cut into, what is shorter is left: any text may hold it."""


def shown(address: str) -> str:
    """Scheme, host and path: no user, no password, no options."""
    scheme, separator, rest = address.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2].partition('?')[0]}"


def without_secrets(text: str, address: str) -> str:
    """The text with the address as it is `shown`, and with its password as `***`.

    A password with an unquoted `/`, `#` or `?` is cut there by whoever reads the address, and quoted in pieces.
    """
    if "://" in address:
        text = text.replace(address, shown(address))
    for secret in sorted(_secrets(address), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _secrets(address: str) -> set[str]:
    passwords = {found for match in _OF_WORDS.findall(address) for found in match if found}
    user, colon, password = address.rpartition("://")[2].rpartition("@")[0].partition(":")
    if colon or user:
        passwords.add(password if colon else user)
    pieces = {piece for each in passwords for piece in re.split(r"[/?#@:\s]", each) if len(piece) >= _LEAST}
    return {each for each in passwords | {unquote(each) for each in passwords} | pieces if each}
