"""A user's own catalogue of cups."""

from __future__ import annotations

from pathlib import Path

from coxa.io.json_files import read_json
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
    return catalogue_from_json(read_json(path, "give a cup catalogue as JSON"))
