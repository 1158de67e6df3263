"""``coxa inspect``."""

from __future__ import annotations

from coxa.cli.conversation import conversation
from coxa.cli.options import AsJson, ScanPath, Series, Verbose, Version


def inspect(
    scan: ScanPath,
    series: Series = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
    version: Version = False,
) -> None:
    """List the series of a scan: which one would be used and why, its geometry, and what to beware of.

    $ coxa inspect my_ct.zip
    """
    with conversation(as_json, verbose) as talk:
        from coxa.cli.summary import inspection_text
        from coxa.io import inspect_scan

        with talk.stages(("inspect",)):
            talk.stage("inspect")
            inspection = inspect_scan(scan, series=series)
        talk.say(inspection_text(inspection))
        talk.finish(inspection.document())
