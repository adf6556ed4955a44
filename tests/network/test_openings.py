"""Files as people have them: encodings, compression, delimiters and headers."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from causal_organism.errors import RequestError
from causal_organism.network.interactions import Interaction
from causal_organism.organism.files.interactions import open_interactions, read_interactions
from causal_organism.organism.files.opening import FileOptions

NOW_US = 1_800_000_000 * 10**6
ROWS = "source,target,at\njosé,ben,1700000000\n"


def people(path: Path, **options: object) -> list[tuple[str, str]]:
    found = read_interactions(path, now_us=NOW_US, options=FileOptions(**options))  # type: ignore[arg-type]
    return [(each.source, each.target) for _, each in found if isinstance(each, Interaction)]


@pytest.mark.parametrize(
    ("encoding", "mark", "named"),
    [
        ("utf-8", b"", "utf-8"),
        ("utf-8", b"\xef\xbb\xbf", "utf-8"),
        ("utf-16-le", b"\xff\xfe", "utf-16-le"),
        ("utf-16-be", b"\xfe\xff", "utf-16-be"),
        ("utf-16-le", b"", "utf-16-le"),
        ("utf-16-be", b"", "utf-16-be"),
        ("utf-32-le", b"\xff\xfe\x00\x00", "utf-32-le"),
        ("cp1252", b"", "cp1252"),
    ],
)
@pytest.mark.parametrize("compressed", [False, True])
def test_the_encoding_is_found(tmp_path: Path, encoding: str, mark: bytes, named: str, compressed: bool) -> None:
    content = mark + ROWS.encode(encoding)
    path = tmp_path / ("a.csv.gz" if compressed else "a.csv")
    path.write_bytes(gzip.compress(content) if compressed else content)
    with open_interactions(path, now_us=NOW_US) as file:
        assert (file.encoding, file.format, file.delimiter) == (named, "csv", ",")
    assert people(path) == [("josé", "ben")]


@pytest.mark.large
def test_windows_text_is_found_however_late_its_first_accent_comes(tmp_path: Path) -> None:
    rows = "source,target,at\n" + "a,b,1700000000\n" * 100_000 + "josé,ben,1700000000\n"
    (tmp_path / "a.csv").write_bytes(rows.encode("cp1252"))
    assert people(tmp_path / "a.csv")[-1] == ("josé", "ben")
    assert people(tmp_path / "a.csv", encoding="latin2")[-1] == ("josé", "ben")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_the_header(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(ROWS.replace(",", delimiter))
    assert people(path) == [("josé", "ben")]


def test_another_delimiter_can_be_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS.replace(",", "^"))
    assert people(tmp_path / "a.csv", delimiter="^") == [("josé", "ben")]
    for wrong in ("", ";;", '"', "\n"):
        with pytest.raises(RequestError, match="delimiter"):
            FileOptions(delimiter=wrong)
    with pytest.raises(RequestError, match="encoding"):
        FileOptions(encoding="klingon")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "idna"])
def test_a_file_that_is_not_in_the_encoding_that_was_said_is_one_error(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_text(ROWS)
    with pytest.raises(RequestError, match=r"a\.csv is not in the encoding that was said") as raised:
        people(tmp_path / "a.csv", encoding=encoding)
    assert raised.value.code == "unknown-format"


def test_commas_are_decimal_where_they_part_no_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("source;target;at;weight;duration_s\na;b;1700000000,5;0,25;1,5\n")
    [(_, read)] = read_interactions(tmp_path / "a.csv", now_us=NOW_US)
    assert isinstance(read, Interaction)
    assert (read.at_us, read.weight_u, read.duration_s) == (1_700_000_000_500_000, 250_000, 1.5)


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("a.csv", "From,To,Date\n" + "a,b,2026-01-01\n" * 9, "bad-header", "it has From, To, Date"),
        ("a.csv", "ana,ben,1700000000\n", "bad-header", "it has ana, ben, 1700000000"),
        ("a.csv", "source,target,at,Source\n", "bad-header", "'source' twice: columns 1 and 4"),
        ("a.jsonl", '{"from": "a", "to": "b", "at": 1}\n' * 9, "bad-header", "they have from, to, at"),
        ("a.jsonl", "source,target,at\na,b,1\n", "unknown-format", "neither JSONL nor CSV"),
        ("a", "[1, 2]", "unknown-format", "JSON array"),
        ("a", "From ana@x.org Tue Feb  3\nFrom: a\n", "unknown-format", "begins with 'From'"),
        ("a", "BEGIN:VCALENDAR\n", "unknown-format", "begins with 'BEGIN:VCALENDAR'"),
        ("a.csv", "PK\x03\x04 a workbook", "unknown-format", "Excel workbook"),
        ("a", "\x7fELF\x00\x01\n", "unknown-format", "not text"),
        ("a", "one line of words\n", "unknown-format", "it begins with 'one line of words'"),
    ],
)
def test_a_wrong_header_or_format_is_one_error_that_shows_it(
    tmp_path: Path, name: str, content: str, code: str, said: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(RequestError) as raised:
        list(read_interactions(tmp_path / name, now_us=NOW_US))
    assert (raised.value.code, raised.value.exit_code) == (code, 2)
    assert said in raised.value.message


def test_names_are_known_whatever_their_case(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Source, Target ,AT,Duration S\na,b,1700000000,3\n")
    (tmp_path / "a.jsonl").write_text('{"Source": "a", "TARGET": "b", "at": 1700000000, "duration-s": 3}\n')
    for path in (tmp_path / "a.csv", tmp_path / "a.jsonl"):
        [(_, read)] = read_interactions(path, now_us=NOW_US)
        assert isinstance(read, Interaction)
        assert (read.source, read.target, read.duration_s) == ("a", "b", 3.0)


def test_a_map_says_what_columns_are_called(tmp_path: Path) -> None:
    columns = {"Von": "source", "An": "target", "Wann": "at", "kind": ""}
    (tmp_path / "a.csv").write_text("von;an;wann;kind\na;b;1700000000;secret\n")
    (tmp_path / "a.jsonl").write_text('{"Von": "a", "An": "b", "Wann": 1700000000, "kind": "secret"}\n')
    for path in (tmp_path / "a.csv", tmp_path / "a.jsonl"):
        [(_, read)] = read_interactions(path, now_us=NOW_US, options=FileOptions(columns=columns))
        assert isinstance(read, Interaction)
        assert (read.source, read.target, read.kind) == ("a", "b", "interaction")
    with pytest.raises(RequestError, match="no column 'Wer', which --map names"):
        people(tmp_path / "a.csv", columns={"Wer": "source"})


def test_a_damaged_gzip_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(ROWS.encode() * 1000)[:-20])
    with pytest.raises(RequestError, match="is damaged"):
        people(tmp_path / "a.csv.gz")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("end", ["\r", "\r\n", "\n"])
def test_lines_end_as_they_do_on_any_system(tmp_path: Path, encoding: str, end: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes((ROWS + "ben,cleo,1700000001\n").replace("\n", end).encode(encoding))
    assert people(path) == [("josé", "ben"), ("ben", "cleo")]


@pytest.mark.parametrize("first", ["sep=;\n", "sep=;\r\n", '"sep=;"\r\n', "SEP=;\n"])
def test_the_line_that_tells_excel_the_separator_is_an_empty_one(tmp_path: Path, first: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(first + ROWS.replace(",", ";"), newline="")
    found = list(read_interactions(path, now_us=NOW_US))
    assert [(line, each.source) for line, each in found if isinstance(each, Interaction)] == [(3, "josé")]
