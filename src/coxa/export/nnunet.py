"""A case as nnU-Net (version 2) wants its training data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from coxa.anatomy import UNKNOWN
from coxa.errors import InputRefusedError, RoundTripError
from coxa.file_names import why_no_file_name
from coxa.geometry.grid import Grid
from coxa.io.images.image_files import read_image, write_array
from coxa.io.images.label_files import KNOWN
from coxa.io.outputs import write_json
from coxa.labels import Segmentation
from coxa.volume import Volume

DATASET = "Dataset001_Coxa"

NUMBERS: Mapping[str, int] = {name: n for n, (_, name) in enumerate(sorted(KNOWN.items()), start=1)}
"""Label of each structure that Coxa writes, there or not: the cases of a dataset share them, without a gap."""
IGNORE = len(NUMBERS) + 1
"""Voxels without a truth: nnU-Net trains on all others. It wants this name for them and the highest number."""


def write_nnunet_case(folder: Path, case_id: str, volume: Volume, segmentation: Segmentation) -> None:
    """Write one case under ``Dataset001_Coxa``: ``imagesTr``, ``labelsTr`` and ``dataset.json``; read it again.

    What the segmentation calls unknown becomes nnU-Net's ``ignore``: as background it would teach that bone beside
    metal is none.

    Parameters
    ----------
    folder : Path
        Must exist.
    case_id : str
        Pseudonym.
    volume : Volume
        HU.
    segmentation : Segmentation
        On the volume's grid.

    Raises
    ------
    InputRefusedError
        When the case id cannot be the name of a file.
    RoundTripError
        When a file re-reads with other voxels or on another grid.
    """
    unfit = why_no_file_name(case_id)
    if unfit is not None:
        raise InputRefusedError(f"the plan's case id cannot name a file: {unfit}; plan again with another --case-id")
    home = folder / DATASET
    for name in ("imagesTr", "labelsTr"):
        (home / name).mkdir(parents=True)
    table = np.zeros(256, dtype=np.uint8)
    for value, name in segmentation.names.items():
        table[value] = IGNORE if name == UNKNOWN else NUMBERS[name]
    _write(home / "imagesTr" / f"{case_id}_0000.nii.gz", volume.hu, volume.grid)
    _write(home / "labelsTr" / f"{case_id}.nii.gz", table[segmentation.labels], segmentation.grid)
    labels = {"background": 0, **NUMBERS, "ignore": IGNORE}
    content = {"channel_names": {"0": "CT"}, "labels": labels, "numTraining": 1, "file_ending": ".nii.gz"}
    write_json(home / "dataset.json", content)


def _write(path: Path, array: npt.NDArray[np.generic], grid: Grid) -> None:
    write_array(path, array, grid)
    again, where = read_image(path)
    if not where.matches(grid) or not np.array_equal(again, array):
        raise RoundTripError(f"'{path.parent.name}' re-reads with other voxels or on another grid; write it again")
