"""Parquet files of any size: what they hold is read as it is, and what would take all memory is refused in time."""

from __future__ import annotations

import io
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from causal_organism.errors import ImportFileError
from causal_organism.organism.files.parquet import MOST_CELLS, MOST_TEXT_BYTES, read_batches
from causal_organism.organism.files.tables import read_table
from causal_organism.organism.studies.tables import read_study_table


def written(folder: Path, **columns: Any) -> Path:
    path = folder / "table.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def refused(path: Path) -> str:
    tracemalloc.start()
    try:
        for read in (lambda: read_table(path, known=("id",)), lambda: read_study_table(path, ("id", "team"))):
            with pytest.raises(ImportFileError) as found:
                read()
            assert found.value.code == "too-large"
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
        return found.value.message
    finally:
        tracemalloc.stop()


def test_what_is_in_it_is_read_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path, id=["a", "b", None, "a"], n=[1, None, 3, 4], x=[0.5, 1.5, 2.5, None])
    found = read_table(path, known=("id",))
    assert (found.header, found.numbers) == (("id", "n", "x"), (1, 2, 3, 4))
    assert found.rows == (("a", 1, 0.5), ("b", None, 1.5), (None, 3, 2.5), ("a", 4, None))
    study = read_study_table(path, ("id", "n"))
    assert (study.rows, study.columns["id"].tolist(), study.columns["n"].tolist()[0]) == (4, ["a", "b", "", "a"], 1.0)


def test_one_without_rows_has_its_header(tmp_path: Path) -> None:
    path = written(tmp_path, id=pa.array([], pa.string()))
    assert (read_table(path, known=("id",)).header, read_table(path, known=("id",)).rows) == (("id",), ())
    assert read_study_table(path, ("id",)).columns["id"].tolist() == []


def test_a_study_that_wants_none_of_its_columns_still_counts_rows(tmp_path: Path) -> None:
    assert read_study_table(written(tmp_path, id=["a", "b"]), ("other",)).rows == 2


def test_many_rows_of_little_are_refused_by_what_the_file_says(tmp_path: Path) -> None:
    rows = MOST_CELLS // 2 + 1
    names = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), ["ana"])
    path = tmp_path / "bomb.parquet"
    schema = pa.schema([("id", names.type), ("team", names.type)])
    with pq.ParquetWriter(path, schema) as writer:
        part = pa.table([names, names], schema=schema)
        for _ in range(rows // 1000 // 50 + 1):
            writer.write_table(pa.concat_tables([part] * 50))
    assert path.stat().st_size < 2_000_000
    assert "rows of 2 columns; a table of at most 20,000,000 cells" in refused(path)


def test_a_long_text_that_is_repeated_is_refused_before_it_is(tmp_path: Path) -> None:
    text = "x" * 1_000_000
    indices = pa.array([0] * (MOST_TEXT_BYTES // len(text) + 1), pa.int32())
    path = written(tmp_path, id=pa.DictionaryArray.from_arrays(indices, [text]))
    assert path.stat().st_size < 2_000_000
    assert "bytes of text" in refused(path)


def test_what_is_no_parquet_behind_its_first_bytes_is_one_error() -> None:
    with pytest.raises(ImportFileError, match="cannot be read as Parquet"):
        list(read_batches("x.parquet", b"PAR1" + io.BytesIO(b"nothing").read()))
