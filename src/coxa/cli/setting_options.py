"""Options whose default, range and help are those of a declared setting."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from coxa.planning.settings.declare import AUTO, DeclaredChoice, DeclaredNumber
from coxa.planning.settings.listing import setting_named

if TYPE_CHECKING:
    from coxa.planning.settings import PlanSettings

PLAN = "Plan"
"""Panel of the help page."""

SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        metavar="FILE",
        show_default=False,
        rich_help_panel=PLAN,
        help="Settings as TOML; `coxa settings` prints all of them as such a file. Options given here win over it.",
    ),
]


def setting_option(flag: str, name: str, metavar: str | None = None) -> Any:
    """Return the option that sets a setting; without the flag the setting stays as it is."""
    setting = setting_named(name)
    says, default = setting.declared, setting.default
    text = says.meaning
    if isinstance(says, DeclaredNumber):
        text += f" {says.values}."
    elif isinstance(says, DeclaredChoice):
        metavar = "|".join(f"{choice:g}" if isinstance(choice, float) else choice for choice in says.choices)
    shown = f"{default:g}" if isinstance(default, float) else str(default)
    left_to_the_plan = says.optional and default == AUTO
    return typer.Option(
        flag, metavar=metavar, show_default=False if left_to_the_plan else shown, rich_help_panel=PLAN, help=text
    )


def chosen_settings(file: Path | None, cup_catalogue: Path | None, **flags: Any) -> PlanSettings:
    """Return the file's settings, or the defaults, with what the command line sets; None is a flag not given.

    Raises
    ------
    UsageError
        When a value is refused; the message names the setting.
    InputRefusedError
        When a file cannot be read, or the catalogue does not follow its schema.
    """
    from coxa.io.records.catalogue_files import read_cup_catalogue
    from coxa.io.records.settings_files import read_plan_settings
    from coxa.planning.settings import PlanSettings

    settings = PlanSettings() if file is None else read_plan_settings(file)
    given = {name: value for name, value in flags.items() if value is not None}
    if cup_catalogue is not None:
        given["cup_catalogue"] = read_cup_catalogue(cup_catalogue)
    return settings.changed(**given)
