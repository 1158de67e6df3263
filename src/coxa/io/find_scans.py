"""Finding the scans below a folder, or in a list: DICOM studies, zips, NIfTI, NRRD and MetaImage files."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coxa.errors import InputRefusedError, UnreadableInputError
from coxa.io.dicom.bounded import read_header_elements, require_modest_inflation
from coxa.io.dicom.values import DAMAGE
from coxa.io.images.image_files import image_suffix
from coxa.io.outputs import STAGING_PREFIX
from coxa.io.text_files import require_ordinary

SCAN_COLUMN = "scan"
"""Column of a list that holds the paths, absolute or relative to the list."""
LARGEST_LIST_BYTES = 1 << 28
"""Of a CSV list of scans."""
LABEL_STEMS = ("labels", "segmentation")
"""Image files whose name begins so are label maps of Coxa and others, not scans."""


@dataclass(frozen=True)
class FoundScan:
    """One scan to measure.

    Attributes
    ----------
    paths : tuple of Path
        One file, zip or folder; or the DICOM files of one study, wherever they lie.
    identity : str
        What the scan is called where it comes from: a StudyInstanceUID, a path, or the user's own id. It may
        identify a person and goes into no output.
    chosen_id : str or None
        The user's own pseudonym, when a list has one.
    """

    paths: tuple[Path, ...]
    identity: str
    chosen_id: str | None = None


def find_scans(root: Path, *, id_column: str | None = None, leave_out: tuple[Path, ...] = ()) -> tuple[FoundScan, ...]:
    """Find scans below a folder, or those that a CSV list names.

    A study is one scan, however its files are spread; studies of many patients may share a folder. Files that are no
    images and label maps are passed over.

    Parameters
    ----------
    root : Path
        Folder, or a CSV file with the column ``scan``.
    id_column : str, optional
        Column of the list with pseudonyms to use.
    leave_out : tuple of Path
        Folders below ``root`` that hold outputs or labels.

    Raises
    ------
    UnreadableInputError
        When there is nothing at ``root``.
    InputRefusedError
        When there is no scan, or the list lacks a column or names one id twice.
    """
    if not root.exists():
        raise UnreadableInputError("there is nothing at the path given: check its spelling")
    if root.is_file() and root.suffix.lower() == ".csv":
        return _listed(root, id_column)
    if id_column is not None:
        raise InputRefusedError("--id-column names a column of a CSV list: give the list instead of a folder")
    found = tuple(_in_folder(root, leave_out)) if root.is_dir() else (FoundScan((root,), root.name),)
    if not found:
        raise InputRefusedError(
            "no scan there: give a folder with DICOM, NIfTI, NRRD or MetaImage files, or a CSV list"
        )
    return found


def _listed(path: Path, id_column: str | None) -> tuple[FoundScan, ...]:
    require_ordinary(path, "the list", LARGEST_LIST_BYTES)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputRefusedError("the list of scans is no CSV in UTF-8: save it as 'CSV UTF-8'") from error
    needed = (SCAN_COLUMN,) if id_column is None else (SCAN_COLUMN, id_column)
    absent = [name for name in needed if not rows or name not in rows[0]]
    if absent:
        raise InputRefusedError(f"the list has no column '{absent[0]}', or no rows")
    found, seen = [], set()
    for number, row in enumerate(rows, start=2):
        text, chosen = (row[SCAN_COLUMN] or "").strip(), None if id_column is None else (row[id_column] or "").strip()
        if not text:
            raise InputRefusedError(f"row {number} of the list: column '{SCAN_COLUMN}' is empty")
        identity = chosen if chosen is not None else text
        if identity in seen:
            what = "scan" if id_column is None else "id"
            raise InputRefusedError(f"row {number} of the list: the same {what} as in a row before")
        seen.add(identity)
        found.append(FoundScan((path.parent / text,), identity, chosen))
    return tuple(found)


def _in_folder(root: Path, leave_out: tuple[Path, ...]) -> Iterator[FoundScan]:
    dicom: dict[str, list[Path]] = {}
    for folder in (root, *sorted(p for p in root.rglob("*") if p.is_dir())):
        if _is_passed_over(folder, root, leave_out):
            continue
        unread: list[Path] = []
        here: set[str] = set()
        for file in sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith(".")):
            name = file.relative_to(root).as_posix()
            if image_suffix(file) is not None or file.suffix.lower() == ".zip":
                if not file.name.lower().startswith(LABEL_STEMS):
                    yield FoundScan((file,), name)
            elif _may_be_dicom(file):
                study = _study_of(file)
                if study is None:
                    unread.append(file)
                else:
                    here.add(study)
                    dicom.setdefault(study, []).append(file)
        if unread:
            # Damaged files belong to the one study of their folder; a folder of nothing else is a case that fails.
            name = next(iter(here)) if len(here) == 1 else f"folder {folder.relative_to(root).as_posix()}"
            dicom.setdefault(name, []).extend(unread)
    for study, files in sorted(dicom.items()):
        yield FoundScan(tuple(files), study)


def _is_passed_over(folder: Path, root: Path, leave_out: tuple[Path, ...]) -> bool:
    parts = folder.relative_to(root).parts
    if any(part.startswith((".", STAGING_PREFIX)) or part == "__MACOSX" for part in parts):
        return True
    return any(folder == left_out or left_out in folder.parents for left_out in leave_out)


def _may_be_dicom(file: Path) -> bool:
    if file.name.upper() == "DICOMDIR":
        return False
    if file.suffix.lower() in (".dcm", ".ima"):
        return True
    try:
        with file.open("rb") as stream:
            return stream.read(132)[128:] == b"DICM"
    except OSError:
        return False


def _study_of(file: Path) -> str | None:
    """Return the StudyInstanceUID; None when the file cannot be read."""
    try:
        with file.open("rb") as stream:
            require_modest_inflation(stream)
            study = str(read_header_elements(stream, ["StudyInstanceUID"]).get("StudyInstanceUID") or "")
    except DAMAGE:
        return None
    return study or None
