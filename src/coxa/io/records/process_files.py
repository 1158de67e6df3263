"""Process profiles by name or from a user's own file."""

from __future__ import annotations

from pathlib import Path

from coxa.errors import UnreadableInputError, UsageError
from coxa.io.text_files import read_small_text
from coxa.manufacturing.rules.process import Process, load_process, process_from_toml


def read_process(name_or_path: str) -> Process:
    """Return a packaged process by its name, or the profile in a ``.toml`` file.

    Raises
    ------
    UsageError
        When there is neither, or the profile is not proper.
    """
    if not name_or_path.lower().endswith(".toml"):
        return load_process(name_or_path)
    path = Path(name_or_path)
    try:
        return process_from_toml(read_small_text(path, "the process profile"))
    except UnreadableInputError as error:
        raise UsageError(str(error)) from error
    except RecursionError as error:
        raise UsageError(f"the process profile '{path.name}' is nested deeper than any: write it anew") from error
