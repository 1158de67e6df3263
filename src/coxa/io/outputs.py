"""Outputs that appear whole or not at all: written beside, then renamed."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from coxa.errors import UsageError

STAGING_PREFIX = ".coxa-partial-"
"""Names of unfinished outputs; one left behind by a power cut may be deleted, and the next run there does."""
_HOST = hashlib.sha256(platform.node().encode("utf-8", errors="replace")).hexdigest()[:8]
"""A process number means something on its own computer only."""


@contextlib.contextmanager
def finished_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder to write into; its files appear in ``path`` together when the block ends well.

    A new folder appears by one rename. In an existing one files of the same name are replaced and every other file
    stays; when a replacement fails the earlier ones are taken back. When the block raises nothing changes.

    Parameters
    ----------
    path : Path
        The folder wanted; parents are made.

    Yields
    ------
    Path
        A folder on the same disk. Don't keep it: it is gone after the block.

    Raises
    ------
    UsageError
        When ``path`` is a file, or nothing can be written there.
    """
    path = path.absolute()
    if path.exists() and not path.is_dir():
        raise UsageError(f"'{path.name}' is a file: name a folder for the outputs")
    is_new = not path.exists() or not (path.is_symlink() or any(path.iterdir()))
    sweep_leftovers(path.parent)
    staging = _staging_beside(path)
    try:
        staging.mkdir(parents=True)
    except OSError as error:
        raise UsageError(f"nothing can be written beside '{path.name}': {error.strerror}") from error
    try:
        yield staging
        if is_new:
            _rename_folder(staging, path)
        else:
            _replace_files(staging, path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


@contextlib.contextmanager
def finished_file(path: Path) -> Iterator[Path]:
    """Yield a path to write to (same suffix, same folder) that becomes ``path`` when the block ends well.

    Raises
    ------
    UsageError
        When ``path`` is a folder, or its folder cannot be made.
    """
    path = path.absolute()
    if path.is_dir():
        raise UsageError(f"'{path.name}' is a folder: name a file for the output")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"nothing can be written at '{path.name}': {error.strerror}") from error
    sweep_leftovers(path.parent)
    staging = _staging_beside(path).with_suffix("".join(path.suffixes[-2:])[-20:])
    try:
        yield staging
        staging.replace(path)
    finally:
        staging.unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON as people read it: UTF-8, indented; a NaN or infinity is refused with ValueError."""
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8", newline="\n")


def _staging_beside(path: Path) -> Path:
    # The name does not grow with the wanted one, which may already be as long as the file system allows.
    return path.parent / f"{STAGING_PREFIX}{_HOST}-{os.getpid()}-{secrets.token_hex(6)}"


def sweep_leftovers(folder: Path) -> None:
    """Remove from a folder what processes of this computer that are no more left unfinished there."""
    try:
        leftovers = [path for path in folder.iterdir() if path.name.startswith(f"{STAGING_PREFIX}{_HOST}-")]
    except OSError:
        return
    for path in leftovers:
        process = path.name[len(STAGING_PREFIX) :].split("-")[1]
        if process.isdecimal() and not _is_alive(int(process)):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _is_alive(process: int) -> bool:
    import psutil

    return bool(psutil.pid_exists(process))


def _rename_folder(staging: Path, target: Path) -> None:
    """Give the folder its name, unless another run was faster: then neither is lost nor are both mixed."""
    try:
        if os.name == "nt" and target.is_dir():
            target.rmdir()  # Windows renames onto nothing, not even onto an empty folder
        staging.rename(target)
    except OSError as error:
        if target.exists():
            raise UsageError(
                f"another run wrote into '{target.name}' meanwhile: nothing was changed there; name another folder"
            ) from error
        raise


def _replace_files(staging: Path, target: Path) -> None:
    """Move every file below ``staging`` into ``target``; on failure put back what was there before."""
    backup = _staging_beside(target)
    moved: list[tuple[Path, Path]] = []
    try:
        for source in sorted(p for p in staging.rglob("*") if p.is_file()):
            relative = source.relative_to(staging)
            wanted, saved = target / relative, backup / relative
            wanted.parent.mkdir(parents=True, exist_ok=True)
            if wanted.exists():
                saved.parent.mkdir(parents=True, exist_ok=True)
                wanted.replace(saved)
            moved.append((wanted, saved))
            source.replace(wanted)
    except BaseException:
        for wanted, saved in reversed(moved):
            wanted.unlink(missing_ok=True)
            if saved.exists():
                saved.replace(wanted)
        raise
    finally:
        shutil.rmtree(backup, ignore_errors=True)
