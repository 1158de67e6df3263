"""Tables and schemas of studies: CSV as spreadsheets write it, Parquet, TOML."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from coxa.cohort.schema import StudySchema, schema_from_mapping
from coxa.errors import UnreadableInputError
from coxa.io.text_files import read_small_toml, require_ordinary

if TYPE_CHECKING:
    import pandas as pd

LARGEST_TABLE_BYTES = 1 << 30
"""Of a table file."""
LONGEST_HEADER = 1 << 20
"""Characters of the first row."""
MOST_COLUMNS = 5000
"""Far beyond any study; each column costs time and memory."""
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".parquet")


def read_table(path: Path) -> pd.DataFrame:
    """Read a table; cells of a text file stay texts, so that every one can be checked.

    Comma, semicolon (with decimal commas) and tab separate; Parquet keeps its types.

    Raises
    ------
    UnreadableInputError
        When there is no such file, or it is no table.
    """
    import pandas as pd

    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise UnreadableInputError(f"'{path.name}' is no table: give a file that ends in {', '.join(TABLE_SUFFIXES)}")
    require_ordinary(path, "the table", LARGEST_TABLE_BYTES)
    try:
        if path.suffix.lower() == ".parquet":
            return pd.read_parquet(path)
        return _read_text(path)
    except OSError as error:
        raise UnreadableInputError(f"'{path.name}' cannot be read: {error.strerror or 'it is no Parquet'}") from error
    except UnicodeDecodeError as error:
        raise UnreadableInputError(f"'{path.name}' is not UTF-8 text: save it as 'CSV UTF-8'") from error
    except (ValueError, RecursionError) as error:  # pandas' and pyarrow's parsers
        raise UnreadableInputError(f"'{path.name}' is no table that can be read: {error}") from error


def read_schema(path: Path) -> StudySchema:
    """Read a study's schema.

    Raises
    ------
    UnreadableInputError
        When there is no such file.
    SchemaError
        When it is not TOML or says something that a schema cannot say.
    """
    content = read_small_toml(path, "the schema")
    return schema_from_mapping(content)


def _read_text(path: Path) -> pd.DataFrame:
    import pandas as pd

    with path.open(encoding="utf-8-sig") as file:
        header = file.readline(LONGEST_HEADER)
    separator = max(",;\t", key=header.count)
    if len(header) == LONGEST_HEADER or header.count(separator) >= MOST_COLUMNS:
        raise UnreadableInputError(f"'{path.name}' has more than {MOST_COLUMNS} columns: it is no table of a study")
    frame = pd.read_csv(
        path, sep=separator, dtype=str, keep_default_na=False, encoding="utf-8-sig", skipinitialspace=True
    )
    frame.columns = [str(name).strip() for name in frame.columns]
    if separator == ";":  # then the comma is free to be the decimal sign, and spreadsheets use it so
        return frame.map(lambda text: text.replace(",", ".") if _is_decimal_comma(text) else text)
    return frame


def _is_decimal_comma(text: str) -> bool:
    whole, comma, fraction = text.strip().partition(",")
    return bool(comma) and whole.lstrip("+-").isdigit() and fraction.isdigit()
