"""The corrected landmarks of a batch's cases: a folder with a markups file for each case that has some."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from coxa.batch.settings import Case
from coxa.errors import InputRefusedError

SUFFIX = ".mrk.json"


def with_landmarks(cases: Sequence[Case], folder: Path | None) -> tuple[Case, ...]:
    """Return the cases, each with its ``CASE.mrk.json`` in the folder as ``landmarks`` beside it, where there is one.

    Raises
    ------
    InputRefusedError
        When it is no folder, or a file in it belongs to no case.
    """
    if folder is None:
        return tuple(cases)
    if not folder.is_dir():
        raise InputRefusedError(f"--landmarks names a folder with a file CASE{SUFFIX} for each case that has some")
    files = {path.name.removesuffix(SUFFIX): path for path in sorted(folder.glob(f"*{SUFFIX}"))}
    strange = sorted(set(files) - {case.case_id for case in cases})
    if strange:
        names = ", ".join(f"{name}{SUFFIX}" for name in strange)
        raise InputRefusedError(f"the folder of --landmarks holds files of no case: {names}; name each after its case")
    return tuple(
        replace(case, beside={**case.beside, "landmarks": files[case.case_id]}) if case.case_id in files else case
        for case in cases
    )
