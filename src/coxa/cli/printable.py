"""Text for a terminal: nothing in it is obeyed as a command, and no path leads to a patient."""

from __future__ import annotations

import re
import sys
import traceback
from pathlib import Path

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_CODE = re.compile(r'File "([^"\n]*)"')
_LIBRARIES = ("site-packages", "coxa")


def printable(text: str) -> str:
    r"""Return text whose control characters (colours, cursor, text direction) are question marks.

    >>> printable("\x1b[31mred\x07")
    '?[31mred?'
    """
    return _CONTROL.sub("?", text)


def traceback_text(error: BaseException) -> str:
    """Return a traceback in which files are named within their library, and paths of the user's are left out."""
    text = "".join(traceback.format_exception(error))
    for path in sorted(_paths_of(error), key=len, reverse=True):
        text = text.replace(repr(path)[1:-1], "<path>").replace(path, "<path>")
    return printable(_CODE.sub(lambda found: f'File "{_within_library(found[1])}"', text))


def _paths_of(error: BaseException | None) -> set[str]:
    """Return the paths that the errors of a chain name, and those given on the command line, with their folders."""
    named: set[str] = set()
    while error is not None:
        named |= {str(p) for p in (getattr(error, "filename", None), getattr(error, "filename2", None)) if p}
        error = error.__cause__ or error.__context__
    given = {word for word in sys.argv[1:] if "/" in word or "\\" in word or Path(word).exists()}
    paths = {str(Path(word).absolute()) for word in given} | given | named
    return {path for path in paths if len(path) > 2} | {str(Path.cwd()), str(Path.home())} - {"/"}


def _within_library(path: str) -> str:
    parts = re.split(r"[\\/]", path)
    for library in _LIBRARIES:
        if library in parts:
            at = len(parts) - 1 - parts[::-1].index(library)
            return "/".join(parts[at + (library == "site-packages") :])
    return parts[-1]
