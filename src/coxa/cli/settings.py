"""``coxa settings``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from coxa.cli.console import command_console
from coxa.cli.options import OUTPUT, AsJson, Verbose, Version
from coxa.errors import UsageError
from coxa.planning.settings.listing import all_settings, settings_text

SettingsOut = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--out",
        metavar="FILE",
        show_default=False,
        rich_help_panel=OUTPUT,
        help="Write them into this new file (TOML) instead.",
    ),
]


def settings(
    out: SettingsOut = None, as_json: AsJson = False, verbose: Verbose = False, version: Version = False
) -> None:
    """Print every setting of a plan with its default, range, meaning and source.

    What it prints is a file for `coxa plan --settings`: change the values there, or keep only the lines that differ.

    $ coxa settings -o my_settings.toml
    """
    with command_console(as_json, verbose) as console:
        from coxa.io.outputs import finished_file

        listed = {"settings": [setting.as_record() for setting in all_settings()]}
        if out is not None:
            if out.exists():
                raise UsageError(f"'{out.name}' is there already: name a new file, so that no settings are lost")
            with finished_file(out) as path:
                path.write_text(settings_text(), encoding="utf-8", newline="\n")
            console.say(f"written to {out}")
        elif not as_json:
            typer.echo(settings_text(), nl=False)
        console.finish(listed)
