"""What is known of one finished case: ``case.json`` in its folder, the only proof that the case is done."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from coxa.errors import InputRefusedError
from coxa.io.json_files import read_json
from coxa.io.outputs import STAGING_PREFIX, write_json
from coxa.io.records.structure import StrictConverter, require_schema

SCHEMA = "coxa.batch_case/1"
RECORD_FILE = "case.json"
MEASURED, FAILED = "measured", "failed"
LIMIT_KINDS = ("time", "memory")
"""Failures that other limits may turn into results."""
TABLE_FILE = "measurements.csv"
"""The file that the common table is made of; its content is verified, of the others only the size."""


@dataclass(frozen=True)
class CaseRecord:
    """The outcome of one case and what it was made from.

    Attributes
    ----------
    case_id : str
    state : str
        ``measured`` or ``failed``.
    fingerprint : str
        Of the input's names, sizes and times.
    input_sha256 : str or None
        Of the bytes of the scan and of the files it is measured with.
    software, parameters : mapping
        Versions, and what decides the result besides the input.
    limits : mapping
        ``time_s`` and ``memory_mb`` under which it ran.
    kind : str
        Of a failure: ``refused``, ``time``, ``memory``, ``crash``, ``defect``, ``worker``.
    reason : str
        Why it failed.
    incomplete, warnings : tuple of str
        Of a measured case: what could not be measured, what to beware of.
    files : mapping
        Size and SHA-256 by name of every other file in the folder.
    seconds, peak_memory_mb : float or None
        Differ from run to run.
    """

    case_id: str
    state: str
    fingerprint: str
    input_sha256: str | None
    software: Mapping[str, str]
    parameters: Mapping[str, Any]
    limits: Mapping[str, float]
    kind: str = ""
    reason: str = ""
    incomplete: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seconds: float | None = None
    peak_memory_mb: float | None = None


def is_current(folder: Path, record: CaseRecord, wanted: CaseRecord) -> bool:
    """Tell whether a finished case may be kept: same versions and parameters, all files there and whole.

    Whether its input is still the same is for the caller to tell.
    """
    same = record.software == wanted.software and record.parameters == wanted.parameters
    if record.state == FAILED:
        return same and (record.kind not in LIMIT_KINDS or record.limits == wanted.limits)
    return same and all(_is_whole(folder / name, entry) for name, entry in record.files.items())


def read_record(folder: Path) -> CaseRecord | None:
    """Read ``case.json``; None when there is none or it is no whole record, and then the case is not done."""
    try:
        content = read_json(folder / RECORD_FILE, "")
        require_schema(content, SCHEMA, RECORD_FILE)
        record = StrictConverter().read(content, CaseRecord, RECORD_FILE)
    except InputRefusedError:
        return None
    return record if set(content) == {"schema", *(f.name for f in fields(CaseRecord))} else None


def write_record(folder: Path, record: CaseRecord) -> None:
    """Write ``case.json``, the last file of a folder."""
    write_json(folder / RECORD_FILE, {"schema": SCHEMA, **asdict(record)})


def describe_files(folder: Path) -> dict[str, dict[str, Any]]:
    """Return size and SHA-256 of every file below a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): {"size": path.stat().st_size, "sha256": _sha256(path)}
        for path in sorted(p for p in folder.rglob("*") if p.is_file())
    }


@contextlib.contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of ``target``, whole, when the block ends well.

    The files are on the disk before the name is given: a power cut leaves either the earlier folder, or none, or the
    new one. (The name itself may be lost; then the case is done again.) What lay there before goes, which
    :func:`coxa.io.outputs.finished_folder` would keep: a case's files belong together.
    """
    token = secrets.token_hex(6)
    staging, old = (target.parent / f"{STAGING_PREFIX}{token}{end}" for end in ("", "-old"))
    staging.mkdir(parents=True)
    try:
        yield staging
        _flush([path for path in staging.rglob("*") if path.is_file()])
        if target.exists():
            target.rename(old)
        staging.rename(target)
    finally:
        for leftover in (staging, old):
            shutil.rmtree(leftover, ignore_errors=True)


def sweep(folder: Path) -> None:
    """Remove what processes that were killed left unfinished."""
    for path in folder.glob(f"{STAGING_PREFIX}*"):
        shutil.rmtree(path, ignore_errors=True)


def _is_whole(path: Path, entry: Mapping[str, Any]) -> bool:
    try:
        if path.stat().st_size != entry["size"]:
            return False
        return path.name != TABLE_FILE or _sha256(path) == entry["sha256"]
    except (OSError, KeyError, TypeError):
        return False


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _flush(paths: Sequence[Path]) -> None:
    """Put files on the disk, all at once: together they wait for it hardly longer than one alone."""
    with ThreadPoolExecutor(max(1, len(paths))) as pool:
        list(pool.map(_flush_one, paths))


def _flush_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR)  # Windows flushes only what is open for writing
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
