"""Files of interactions: a bad line is reported with its number and costs no other line."""

from __future__ import annotations

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causal_organism.errors import RequestError
from causal_organism.network.interactions import Interaction, Refusal
from causal_organism.organism.files.interactions import read_interactions
from tests.examples import examples

NOW_US = 1_800_000_000 * 10**6
GOOD = '{"source": "a", "target": "b", "at": 1700000000}'


def outcomes(path: Path, content: bytes | str) -> list[tuple[int, str]]:
    """Line number, and the sender or the reason for refusing."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [
        (number, read.source if isinstance(read, Interaction) else read.reason)
        for number, read in read_interactions(path, now_us=NOW_US)
    ]


def refusals(path: Path, content: bytes | str) -> list[Refusal]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return [read for _, read in read_interactions(path, now_us=NOW_US) if isinstance(read, Refusal)]


def test_jsonl_lines(tmp_path: Path) -> None:
    lines = [
        b"\xef\xbb\xbf" + GOOD.encode(),
        b"",
        b"{broken",
        b'{"source": "a", "target": "a", "at": 1}',
        b"[1, 2]",
        b'"text"',
        b'{"source": "\xff"}',
        b"   ",
        b'{"source": "z", "target": "b", "at": 1700000000.25, "weight": 0.1}\r',
        b"[" * 100_000,
        b'{"source": "y", "target": "b", "at": 1, "note": "' + b"x" * 2_000_000 + b'"}',
        b'{"source": "last", "target": "b", "at": "2026-01-05T10:00:00Z"}',
    ]
    assert outcomes(tmp_path / "one.jsonl", b"\n".join(lines)) == [
        (1, "a"),
        (3, "not-text"),
        (4, "self"),
        (5, "not-text"),
        (6, "not-text"),
        (7, "not-text"),
        (9, "z"),
        (10, "not-text"),
        (11, "too-large"),
        (12, "last"),
    ]


def test_fractions_in_json_stay_exact(tmp_path: Path) -> None:
    path = tmp_path / "one.ndjson"
    path.write_text('{"source": "a", "target": "b", "at": 1700000000.1234569999, "weight": 123456789.1234565}')
    [(_, read)] = read_interactions(path, now_us=NOW_US)
    assert isinstance(read, Interaction)
    assert (read.at_us, read.weight_u) == (1_700_000_000_123_456, 123_456_789_123_456)


def test_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    [broken] = refusals(tmp_path / "one.jsonl", '{"source": \x1b}')
    assert broken.reason == "not-text"
    assert broken.fields["line"] == '{"source": \\x1b}'
    assert broken.fields["error"].startswith("Expecting value: line 1 column 12")


def test_csv_rows(tmp_path: Path) -> None:
    content = (
        b"\xef\xbb\xbfweight,source,at,target,kind,duration_s,id,other\n"
        b"2,ana,1700000000,ben,,,,\n"
        b"\n"
        b"2,ana,1700000000\n"
        b"x,ana,1700000000,ben\n"
        b",caf\xc3\xa9,1700000000,ben,mail,12.5,m1,\n"
        b",caf\xe9,1700000000,ben\n"
        b",a,1700000000,ben,k,1,i,o,extra\n"
        b",,1700000000,ben\n"
        b',"q""uote, d",1700000000,ben\n'
        b',"two\nlines",1700000000,ben,,,,\n'
        b',m,1700000000,ben,"kind\nof two lines",,,\n'
        b',"bad"quote,1700000000,ben\n'
        b",last,1700000000,ben"
    )
    assert outcomes(tmp_path / "one.csv", content) == [
        (2, "ana"),
        (4, "missing-field"),
        (5, "bad-weight"),
        (6, "café"),
        (7, "not-text"),
        (8, "not-text"),
        (9, "missing-field"),
        (10, 'q"uote, d'),
        (11, "bad-id"),
        (13, "m"),
        (15, "not-text"),
        (16, "last"),
    ]


def test_an_open_quote_costs_one_line(tmp_path: Path) -> None:
    rows = [f"p{number},ben,1700000000" for number in range(5_000)]
    rows[10] = '"p10,ben,1700000000'
    rows[20] = 'p20,"ben,1700000000'
    rows[30] = 'p30 5" tall,ben,1700000000'
    found = outcomes(tmp_path / "one.csv", "source,target,at\n" + "\n".join(rows))
    assert [number for number, _ in found] == list(range(2, 5_002))
    assert [each for each in found if not each[1].startswith("p")] == [(12, "not-text"), (22, "not-text")]
    assert found[30] == (32, 'p30 5" tall')


def test_a_row_that_is_too_large(tmp_path: Path) -> None:
    rows = ["source,target,at,note", f"a,b,1,{'x' * 300_000}", "c,b,1,"]
    assert outcomes(tmp_path / "one.csv", "\n".join(rows)) == [(2, "too-large"), (3, "c")]


@pytest.mark.parametrize(("name", "form"), [("x.log", "json"), ("x", "csv"), ("x.txt", "json"), ("X.CSV", "csv")])
def test_the_form_is_told_from_the_suffix_or_the_beginning(tmp_path: Path, name: str, form: str) -> None:
    content = f"\n  {GOOD}\n" if form == "json" else "source,target,at\na,b,1700000000\n"
    assert outcomes(tmp_path / name, content) == [(2, "a")]


def test_a_first_line_that_is_no_header_costs_no_line_behind_it(tmp_path: Path) -> None:
    for first in ("garbage", "null", '"a, b', "id,kind"):
        assert outcomes(tmp_path / "x.log", f"{first}\n{GOOD}\n") == [(1, "not-text"), (2, "a")]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO(GOOD.encode())

    monkeypatch.setattr(sys, "stdin", Input)
    assert [number for number, _ in read_interactions("-", now_us=NOW_US)] == [1]
    assert not Input.buffer.closed


def test_nothing_in_a_file_is_nothing(tmp_path: Path) -> None:
    assert [outcomes(tmp_path / name, "\n\n") for name in ("a.csv", "a.jsonl", "a")] == [[], [], []]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(RequestError, match=str(path)):
            list(read_interactions(path, now_us=NOW_US))


def test_a_json_array_is_a_wrong_request(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(f"[{GOOD}]")
    with pytest.raises(RequestError, match="JSON array"):
        list(read_interactions(tmp_path / "a.json", now_us=NOW_US))


rows = st.lists(st.dictionaries(st.sampled_from(["source", "target", "at", "kind", "id", "x"]), st.text()), max_size=6)


@examples(100)
@given(rows=rows)
def test_json_and_csv_say_the_same(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("files")
    good = {"source": "a", "target": "b", "at": "1700000000"}
    everything = [good if number % 2 else row for number, row in enumerate(rows * 2)]
    names = ["source", "target", "at", "kind", "id", "x"]
    everything = [{name: row.get(name, "") for name in names} for row in everything]
    (folder / "a.jsonl").write_text("\n".join(json.dumps(row) for row in everything))
    with (folder / "a.csv").open("w", newline="", encoding="utf-8", errors="surrogatepass") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(everything)
    taken = [
        [read for _, read in read_interactions(folder / name, now_us=NOW_US) if isinstance(read, Interaction)]
        for name in ("a.jsonl", "a.csv")
    ]
    assert taken[0] == taken[1]


@examples(200)
@given(content=st.binary(max_size=300), name=st.sampled_from(["a.csv", "a.jsonl", "a"]))
def test_any_bytes_can_be_read(content: bytes, name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("files") / name
    path.write_bytes(b"source,target,at\n" + content if name == "a.csv" else content)
    try:
        for _, read in read_interactions(path, now_us=NOW_US):
            assert isinstance(read, Interaction | Refusal)
    except RequestError:
        assert name != "a.csv"


def test_what_is_left_out_is_missing_and_not_wrong(tmp_path: Path) -> None:
    rows = "source,target,at\n,b,1700000000\na,,1700000000\na,b,\na,b, \n"
    assert outcomes(tmp_path / "one.csv", rows) == [
        (2, "missing-field"),
        (3, "missing-field"),
        (4, "missing-field"),
        (5, "bad-time"),
    ]
    lines = (
        '{"source": null, "target": "b", "at": 1}\n'
        '{"source": "a", "target": "b", "at": null}\n'
        '{"source": "", "target": "b", "at": 1}\n'
    )
    assert outcomes(tmp_path / "one.jsonl", lines) == [(1, "missing-field"), (2, "missing-field"), (3, "bad-id")]
