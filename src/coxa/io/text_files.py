"""Small text files of a user's: read whole, and only when they are ordinary files of a plausible size."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path
from typing import Any

from coxa.errors import SchemaError, UnreadableInputError

LARGEST_TEXT_BYTES = 64 << 20
"""Of a JSON or TOML file."""
DEEPEST_NESTING = 100
"""Nothing that Coxa reads nests ten deep; parsers give up at a thousand, each in its own way."""


def read_small_text(path: Path, what: str) -> str:
    """Return the text of a UTF-8 file.

    Parameters
    ----------
    path : Path
    what : str
        What it is, for the messages: ``the cup catalogue``.

    Raises
    ------
    UnreadableInputError
        When it is absent, a pipe, too large or not UTF-8.
    """
    require_ordinary(path, what, LARGEST_TEXT_BYTES)
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableInputError(f"{what} '{path.name}' cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UnreadableInputError(f"{what} '{path.name}' is not UTF-8 text: save it as UTF-8") from error


def require_ordinary(path: Path, what: str, largest_bytes: int) -> None:
    """Refuse what is no ordinary file, from which no end can be expected, or is larger than it can be.

    Raises
    ------
    UnreadableInputError
        Saying which.
    """
    try:
        found = path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its path is none"
        raise UnreadableInputError(f"{what} '{path.name}' cannot be read: {reason}; is the path right?") from error
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableInputError(f"{what} '{path.name}' is a folder, pipe or device: give a file")
    if found.st_size > largest_bytes:
        raise UnreadableInputError(f"{what} '{path.name}' is larger than {largest_bytes >> 20} MB: it cannot be one")


def read_small_toml(path: Path, what: str) -> dict[str, Any]:
    """Return the content of a TOML file; raises as :func:`read_small_text`, and SchemaError when it is no TOML."""
    text = read_small_text(path, what)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"{what} '{path.name}' is not TOML: {_why(error)}") from error


def _why(error: Exception) -> str:
    return f"it is nested more than {DEEPEST_NESTING} deep" if isinstance(error, RecursionError) else str(error)
