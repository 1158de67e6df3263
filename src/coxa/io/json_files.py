"""JSON as it lies in a file to plain values: one refusal, with the file's name, for whatever is not proper JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from coxa.errors import SchemaError, UnreadableInputError

SHOWN_CHARACTERS = 40
"""As much of a word of the file is shown in a message."""
MOST_DIGITS = 400
"""No number of a file has nearly as many; Python itself refuses ten times as many."""


def read_json(path: Path, advice: str) -> Any:
    """Read a JSON file; numbers are finite and no object says one key twice.

    Parameters
    ----------
    path : Path
    advice : str
        What to give instead when the file cannot be read, such as ``give a plan's folder``.

    Raises
    ------
    UnreadableInputError
        When there is no such file.
    SchemaError
        When it is not JSON, holds NaN, an infinity or a key twice, or is nested too deeply.
    """
    return json_content(read_bytes(path, advice), path.name, advice)


def read_bytes(path: Path, advice: str) -> bytes:
    """Return a file's bytes, for who needs their hash besides their content.

    Raises
    ------
    UnreadableInputError
        When there is no such file.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableInputError(f"'{path.name}' cannot be read: {error.strerror}; {advice}") from error


def json_content(data: bytes, file: str, advice: str) -> Any:
    """Return what JSON bytes hold, as :func:`read_json` does; ``file`` is the name for the message."""
    try:
        content = json.loads(data.decode("utf-8"), object_pairs_hook=_object, parse_int=_integer)
        endless = next(_not_finite(content, ""), None)
    except UnicodeDecodeError as error:
        raise SchemaError(f"'{file}' is not JSON: its text is not UTF-8; {advice}") from error
    except RecursionError as error:
        raise SchemaError(f"'{file}' is not JSON that Coxa writes: it is nested too deeply; {advice}") from error
    except ValueError as error:
        raise SchemaError(f"'{file}' is not JSON: {error}; {advice}") from error
    if endless is not None:
        raise SchemaError(f"'{file}': {endless}; {advice}")
    return content


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):  # which of the two is meant cannot be known
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"one object holds the key {json.dumps(twice[:SHOWN_CHARACTERS])} twice")
    return found


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"a number has {len(digits)} digits")
    return int(digits)


def _not_finite(content: Any, path: str) -> Iterator[str]:
    """Yield the dotted path of every NaN and infinity, which JSON does not know, and of numbers as large as that."""
    if isinstance(content, float) and not math.isfinite(content):
        yield f"{path}: {json.dumps(content)} is no finite number"
    elif isinstance(content, dict):
        for key, value in content.items():
            yield from _not_finite(value, joined(path, key))
    elif isinstance(content, list):
        for index, value in enumerate(content):
            yield from _not_finite(value, f"{path}[{index}]")


def joined(path: str, key: str) -> str:
    """Return the dotted path of a key; one that is no plain word is quoted."""
    word = key if key.replace("_", "").isalnum() and key.isascii() else json.dumps(key[:SHOWN_CHARACTERS])
    return f"{path}.{word}" if path else word
