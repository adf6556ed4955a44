"""Users of Redis: which commands on which keys each of them may send, as its ACL has it."""

from __future__ import annotations

_LOOK = ("+ping", "+info", "+time", "+xrange", "+xlen", "+xinfo|stream")
_TAKE_IN = ("+multi", "+exec", "+discard", "+xadd")


def redis_rules(*, stream: str, dead_letters: str) -> dict[str, tuple[str, ...]]:
    """User -> the words behind its password in ACL SETUSER. Everything that is not named is refused."""
    start = ("resetkeys", "resetchannels", "-@all")
    both = (f"~{stream}", f"~{dead_letters}")
    return {
        "ingest": (*start, f"~{stream}", "+ping", *_TAKE_IN),  # adds to the one key, and cannot read what is there
        "reader": (*start, *both, *_LOOK),
        "worker": (*start, *both, *_LOOK, *_TAKE_IN, "+xtrim", "+xdel", "+eval"),  # dead letters go by a script
    }


def acl_lines(*, stream: str, dead_letters: str) -> tuple[str, ...]:
    """The same for redis-cli, with a password to be put in."""
    rules = redis_rules(stream=stream, dead_letters=dead_letters)
    return tuple(f"ACL SETUSER {user} on '>PASSWORD' {' '.join(map(_quoted, words))}" for user, words in rules.items())


def _quoted(word: str) -> str:
    return f"'{word}'" if set(word) & set(" *|~") else word
