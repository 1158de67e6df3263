"""Where results go: an output folder in use is refused before the long work starts."""

from __future__ import annotations

from pathlib import Path

from coxa.errors import InputRefusedError, UsageError

RESULT_FILES = ("segmentation.nii.gz", "segmentation.json", "measurements.json", "measurements.csv", "report.html")


def require_empty(out: Path) -> None:
    """Refuse an output folder that holds something.

    Raises
    ------
    UsageError
        When ``out`` is a file, or a folder with content.
    """
    if out.exists() and not out.is_dir():
        raise UsageError("the output (-o) is an existing file: name a folder")
    if out.is_dir() and any(out.iterdir()):
        raise UsageError("the output folder (-o) is not empty: name a new one")


def require_free_for(out: Path, input_sha256: str) -> None:
    """Refuse an output folder that holds results of another scan, or a plan.

    Results of two scans must never mix in one folder, and a plan is never overwritten: somebody may have approved it.
    Files that are not Coxa's may lie there and stay.

    Raises
    ------
    UsageError
        As said; the message tells what the folder holds.
    """
    if out.exists() and not out.is_dir():
        raise UsageError("the output (-o) is an existing file: name a folder")
    if (out / "plan.json").exists():
        raise UsageError("the output folder (-o) holds a plan, and plans are never overwritten: name a new folder")
    if any((out / name).exists() for name in RESULT_FILES) and _sha256_of_results(out) != input_sha256:
        raise UsageError("the output folder (-o) holds results of another scan: name a new folder")


def _sha256_of_results(folder: Path) -> str | None:
    from coxa.io.json_files import read_json

    try:
        content = read_json(folder / "segmentation.json", "")
    except InputRefusedError:
        return None
    return content.get("input_sha256") if isinstance(content, dict) else None
