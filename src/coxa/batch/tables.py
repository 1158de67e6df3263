"""The tables of a finished batch, made from the case folders one by one, so that memory does not grow with them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coxa.batch.record import FAILED, MEASURED, TABLE_FILE, CaseRecord, read_record
from coxa.errors import SchemaError
from coxa.io.outputs import finished_file
from coxa.io.records.case_files import CSV_COLUMNS

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

CASES_A_BLOCK = 500
"""Cases read at once: bounds the memory."""
NUMBERS = ("value", "uncertainty")
LONG_CSV, LONG_PARQUET = "measurements.csv", "measurements.parquet"
WIDE_CSV, WIDE_PARQUET = "measurements_wide.csv", "measurements_wide.parquet"
ERROR_COLUMNS = ("case_id", "kind", "reason")
MANIFEST_SCHEMA = "coxa.batch/1"


def write_tables(out: Path, folders: Sequence[Path], settings: Mapping[str, Any]) -> None:
    """Write long and wide measurements (CSV, Parquet), ``errors.csv`` and ``manifest.json``, each whole.

    Parameters
    ----------
    out : Path
    folders : sequence of Path
        Of the cases, in the order of the tables.
    settings : mapping
        Recorded in the manifest.
    """
    _write_long(out, folders)
    _write_wide(out)
    _write_errors(out, folders)
    _write_manifest(out, folders, settings)


def _records(folders: Sequence[Path]) -> Iterator[tuple[Path, CaseRecord]]:
    for folder in folders:
        record = read_record(folder)
        if record is not None:
            yield folder, record


def _measured_texts(folders: Sequence[Path]) -> Iterator[str]:
    """Yield the rows of each measured case as CSV text, without the header."""
    header = ",".join(CSV_COLUMNS)
    for folder, record in _records(folders):
        path = folder / TABLE_FILE
        if record.state == MEASURED and path.exists():
            first, _, rows = path.read_text(encoding="utf-8").partition("\n")
            if first != header:
                raise SchemaError(
                    f"the table of case '{record.case_id}' has other columns: delete its folder and run again"
                )
            yield rows


def _write_long(out: Path, folders: Sequence[Path]) -> None:
    """Write one row a measurement; the CSV holds the cases' own text, the Parquet file the same with types."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    text = pa.dictionary(pa.int32(), pa.string())
    schema = pa.schema([(name, pa.float64() if name in NUMBERS else text) for name in CSV_COLUMNS])
    with (
        finished_file(out / LONG_CSV) as csv_path,
        finished_file(out / LONG_PARQUET) as path,
        csv_path.open("w", encoding="utf-8", newline="") as file,
        ParquetWriter(path, schema) as parquet,
    ):
        file.write(",".join(CSV_COLUMNS) + "\n")
        for block in _blocks(_measured_texts(folders)):
            file.write(block)
            parquet.write_table(_typed(block, schema))


def _write_wide(out: Path) -> None:
    """Write one row a case from the long table: a column ``metric side frame [unit]`` a measurement."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile, ParquetWriter

    with ParquetFile(out / LONG_PARQUET) as long:
        blocks = range(long.num_row_groups)
        columns = sorted({name for i in blocks for name in _named(long.read_row_group(i))["column"].unique()})
        schema = pa.schema([("case_id", pa.string()), *((name, pa.float64()) for name in columns)])
        with (
            finished_file(out / WIDE_CSV) as csv_path,
            finished_file(out / WIDE_PARQUET) as path,
            csv_path.open("w", encoding="utf-8", newline="") as file,
            ParquetWriter(path, schema) as parquet,
        ):
            csv.writer(file, lineterminator="\n").writerow(["case_id", *columns])
            for i in blocks:
                wide = _named(long.read_row_group(i)).pivot(index="case_id", columns="column", values="value")
                wide = wide.reindex(columns=columns).sort_index().reset_index()
                wide.to_csv(file, header=False, index=False, lineterminator="\n")
                parquet.write_table(pa.Table.from_pandas(wide, schema, preserve_index=False))


def _write_errors(out: Path, folders: Sequence[Path]) -> None:
    with finished_file(out / "errors.csv") as path, path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ERROR_COLUMNS, lineterminator="\n")
        writer.writeheader()
        for _, record in _records(folders):
            if record.state == FAILED:
                writer.writerow({name: getattr(record, name) for name in ERROR_COLUMNS})


def _write_manifest(out: Path, folders: Sequence[Path], settings: Mapping[str, Any]) -> None:
    """Write the manifest case by case; every case stands on a line of its own."""
    head = json.dumps({"schema": MANIFEST_SCHEMA, **settings}, ensure_ascii=False, allow_nan=False)
    with finished_file(out / "manifest.json") as path, path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(head[:-1] + ', "cases": [')
        for i, (_, record) in enumerate(_records(folders)):
            file.write((",\n" if i else "\n") + json.dumps(asdict(record), ensure_ascii=False, allow_nan=False))
        file.write("\n]}\n")


def _blocks(texts: Iterator[str]) -> Iterator[str]:
    """Join the texts of many cases: tables are written in blocks of them."""
    while block := list(islice(texts, CASES_A_BLOCK)):
        if any(block):
            yield "".join(block)


def _typed(block: str, schema: pa.Schema) -> pa.Table:
    """Return rows of CSV as a table: numbers as numbers, an empty cell as null."""
    from pyarrow import csv as arrow_csv

    read = arrow_csv.ReadOptions(column_names=schema.names)
    parse = arrow_csv.ParseOptions(newlines_in_values=True)
    convert = arrow_csv.ConvertOptions(
        column_types={field.name: field.type for field in schema},
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    return arrow_csv.read_csv(BytesIO(block.encode()), read, parse, convert)


def _named(table: pa.Table) -> pd.DataFrame:
    """Return case, value and the name of the column that the value has in the wide table."""
    frame = table.select(["case_id", "metric", "side", "frame", "unit", "value"]).to_pandas().astype({"case_id": str})
    parts = frame[["metric", "side", "frame", "unit"]].drop_duplicates().astype(str)
    parts["column"] = [_column(*row) for row in parts.itertuples(index=False)]
    text = frame.astype(dict.fromkeys(("metric", "side", "frame", "unit"), str))
    return text.merge(parts, on=["metric", "side", "frame", "unit"])


def _column(metric: str, side: str, frame: str, unit: str) -> str:
    name = " ".join(part for part in (metric, side, frame) if part != "none")
    return name if unit == "1" else f"{name} [{unit}]"
