"""Settings of a plan from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from coxa.errors import CoxaError, SchemaError, UnreadableInputError, UsageError
from coxa.io.records.catalogue_files import read_cup_catalogue
from coxa.io.text_files import read_small_toml
from coxa.planning.settings import PlanSettings
from coxa.planning.settings.declare import AUTO
from coxa.planning.settings.tables import settings_from_tables


def read_plan_settings(path: Path) -> PlanSettings:
    """Read settings from TOML; what the file leaves out is as by default.

    Parameters
    ----------
    path : Path
        ``coxa settings`` prints such a file. A cup catalogue that it names is looked for beside it.

    Raises
    ------
    UnreadableInputError
        When there is no such file, or not the catalogue that it names.
    UsageError
        When it is not TOML, names an unknown setting, or gives a value out of its range; the message has the file's
        name.
    """
    try:
        tables = read_small_toml(path, "the settings file")
    except SchemaError as error:
        raise UsageError(str(error)) from error
    except UnreadableInputError as error:
        raise UnreadableInputError(f"{error} `coxa settings` prints one") from error
    try:
        return settings_from_tables(_with_catalogue(tables, path.parent))
    except CoxaError as error:
        raise type(error)(f"settings file '{path.name}': {error}") from error


def _with_catalogue(tables: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the tables with the catalogue that they name in the place of its name."""
    cup = tables.get("cup")
    named = cup.get("cup_catalogue") if isinstance(cup, dict) else None
    if not isinstance(cup, dict) or not isinstance(named, str) or named == AUTO:
        return tables
    return tables | {"cup": cup | {"cup_catalogue": read_cup_catalogue(folder / named)}}
