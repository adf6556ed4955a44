"""Workers, from the document `workers`: whether they are there, what each can import, and what is wrong with them."""

from __future__ import annotations

from datetime import datetime

from causal_organism.wording.amounts import age, short_duration
from causal_organism.wording.safe_text import safe_name, safe_text
from tui.presenters.rows import Column, Row
from tui.presenters.words import Document
from tui.states import FAIL, OK, WAIT

COLUMNS = (
    Column(name="WORKER", share=2),
    Column(name="STATE", width=6, state=True),
    Column(name="BEAT", width=8, right=True),  # when the orchestrator heard from it
    Column(name="TOLD", width=14, from_width=64),  # when it told what it can import
    Column(name="QUEUES", width=20, from_width=90),
    Column(name="CODE", width=12, from_width=100),
    Column(name="PYTHON", width=7, from_width=100),
    Column(name="CAN IMPORT", share=4),
)
_TOLD = {"now": "asked now", "lately": "{} ago", "silent": "silent {}", "never": "never", "gone": "-"}


def worker_rows(document: Document, now: datetime) -> tuple[Row, ...]:
    """A row per worker; the key is `pool/name`. FAIL: online, and something keeps it from its work."""
    return tuple(_row(worker, now) for worker in document.get("workers") or ())


def worker_word(worker: Document) -> str:
    """GONE: not heard from; FAIL: something is wrong; WAIT: what it can import is not known; else OK."""
    if not worker.get("online"):
        return "GONE"
    if worker.get("problems"):
        return FAIL
    return WAIT if worker.get("graphs") is None else OK


def sentences(document: Document) -> tuple[str, ...]:
    """What is wrong with workers, and of which it is not known what they can import."""
    unknown = (f"not known: {each}" for each in document.get("unknown") or ())
    return tuple(safe_text(each, limit=400) for each in (*(document.get("problems") or ()), *unknown))


def _row(worker: Document, now: datetime) -> Row:
    word, told, queues = worker_word(worker), str(worker.get("told")), worker.get("queues")
    cells = (
        f"{safe_name(worker.get('pool') or '-')}/{safe_name(worker.get('name') or '-')}",
        word,
        age(worker.get("last_heartbeat"), now),
        _TOLD.get(told, "?").format(short_duration(worker.get("told_s"))),
        "?" if queues is None else ", ".join(map(safe_name, queues)) or "all",
        safe_name(worker.get("code") or "?"),
        safe_name(worker.get("python") or "?"),
        _graphs(worker),
    )
    return Row(key=cells[0], cells=cells, tone={OK: "ok", FAIL: "bad"}.get(word, "dim"), fault=word != OK)


def _graphs(worker: Document) -> str:
    """`catalog 25 assets, shop:ASSETS: no module named shop`."""
    graphs = worker.get("graphs")
    if graphs is None:
        return "?"
    told = (f": {each['error']}" if each.get("error") else f" {each.get('assets', '?')} assets" for each in graphs)
    return safe_text(", ".join(f"{each.get('name')}{said}" for each, said in zip(graphs, told, strict=True)), limit=300)
