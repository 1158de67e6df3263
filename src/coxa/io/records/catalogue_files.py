"""A user's own catalogue of cups."""

from __future__ import annotations

import json
from pathlib import Path

from coxa.errors import SchemaError, UnreadableInputError
from coxa.planning.settings.catalogue import CupCatalogue, catalogue_from_json


def read_cup_catalogue(path: Path) -> CupCatalogue:
    """Read a catalogue from JSON.

    Raises
    ------
    UnreadableInputError
        When there is no such file.
    SchemaError
        When it is not JSON, or does not follow ``coxa.cup_catalogue/1``.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_no_number)
    except OSError as error:
        raise UnreadableInputError(
            f"the cup catalogue '{path.name}' cannot be read: {error.strerror}; give a JSON file"
        ) from error
    except ValueError as error:
        raise SchemaError(f"the cup catalogue '{path.name}' is not JSON: {error}") from error
    return catalogue_from_json(content)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")
