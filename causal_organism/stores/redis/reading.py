"""A client whose every command is refused by the server itself if it writes: for who has no user that only reads."""

from __future__ import annotations

from typing import Any

import redis
from redis.client import Pipeline

# EVAL_RO, from Redis 7 on: within it the server refuses what writes. Older ones do not know it, and so refuse all.
_ONLY_READ = ("EVAL_RO", "return redis.call(unpack(ARGV))", 0)


class ReadingRedis(redis.Redis):
    """As redis.Redis; XADD and the like end in an error of the server."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        name = str(args[0])
        found = super().execute_command(*_ONLY_READ, *_words(args), **options)  # type: ignore[no-untyped-call]
        convert = self.response_callbacks.get(name)  # type: ignore[no-untyped-call]
        return found if convert is None else convert(found, **options)

    def pipeline(
        self,
        transaction: bool = True,  # noqa: FBT002 - as the client has it
        shard_hint: str | None = None,
    ) -> Pipeline:
        return _ReadingPipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


class _ReadingPipeline(Pipeline):
    def execute_command(self, *args: Any, **options: Any) -> Any:
        return super().execute_command(*_ONLY_READ, *_words(args), **options)  # type: ignore[no-untyped-call]


def _words(args: tuple[Any, ...]) -> list[Any]:
    """`XINFO STREAM` is one name to the client, and two words to the server."""
    return [*str(args[0]).split(), *args[1:]]
