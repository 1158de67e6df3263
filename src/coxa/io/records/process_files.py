"""Process profiles by name or from a user's own file."""

from __future__ import annotations

from pathlib import Path

from coxa.errors import UsageError
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
        return process_from_toml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the process profile '{path.name}' cannot be read: is the path right?") from error
