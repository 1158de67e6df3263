"""``coxa inspect``."""

from __future__ import annotations

from coxa.cli.console import DONE, REFUSED, command_console
from coxa.cli.options import AllowGaps, AsJson, HuOffset, ScanPath, Series, Verbose, Version


def inspect(
    scan: ScanPath,
    series: Series = None,
    allow_gaps: AllowGaps = False,
    hu_offset: HuOffset = 0.0,
    as_json: AsJson = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """List the series of a scan: which one would be used and why, its geometry, and warnings.

    Exits 3 when nothing there could be measured.

    $ coxa inspect my_ct.zip
    """
    with command_console(as_json, verbose) as console:
        from coxa.cli.summary import inspection_tables
        from coxa.io import inspect_scan, inspection_to_json

        with console.stages(("inspect",)):
            console.stage("inspect")
            inspection = inspect_scan(scan, series=series, allow_gaps=allow_gaps, hu_offset=hu_offset)
        console.say(*inspection_tables(inspection))
        console.finish(inspection_to_json(inspection), REFUSED if inspection.grid is None else DONE)
