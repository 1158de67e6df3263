"""Finding each scan's label file in a folder of them: by the scan's name, as segmenters name their output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from coxa.errors import InputRefusedError
from coxa.io.find_scans import FoundScan
from coxa.io.images.image_files import FORMATS, image_suffix

NNUNET_CHANNEL = "_0000"
"""nnU-Net adds it to the name of an image and not to that of its labels."""


def find_labels(scans: Sequence[FoundScan], folder: Path) -> tuple[Path | None, ...]:
    """Return each scan's label file, or folder of masks, in the order of the scans; None for a scan without one.

    A scan is called after its file or folder, without suffix and without nnU-Net's ``_0000``. In the folder its labels
    are ``NAME.nii.gz`` (or another volume format), ``NAME/segmentation.nii.gz`` as Coxa writes, or the masks in
    ``NAME/`` as TotalSegmentator writes.

    Parameters
    ----------
    scans : sequence of FoundScan
    folder : Path

    Raises
    ------
    InputRefusedError
        When it is no folder, or two scans would take the same labels.
    """
    if not folder.is_dir():
        raise InputRefusedError("--labels names a folder with one label file a scan, named as the scan is")
    found = tuple(next((path for path in _candidates(folder, _name_of(scan)) if path.exists()), None) for scan in scans)
    given = [path for path in found if path is not None]
    if len(set(given)) < len(given):
        raise InputRefusedError("two scans have the same name, so which the label file is of is unknown: rename them")
    return found


def _name_of(scan: FoundScan) -> str:
    first = scan.paths[0]
    if len(scan.paths) > 1:
        return first.parent.name
    suffix = image_suffix(first) or (first.suffix if first.suffix.lower() == ".zip" else "")
    return first.name[: len(first.name) - len(suffix)].removesuffix(NNUNET_CHANNEL)


def _candidates(folder: Path, name: str) -> Iterator[Path]:
    yield from (folder / f"{name}{suffix}" for suffix in (".seg.nrrd", *FORMATS))
    yield folder / name / "segmentation.nii.gz"
    yield folder / name
