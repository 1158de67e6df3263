"""Vessel masks: any grid, every label, nothing else."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from coxa.errors import InputRefusedError
from coxa.io.images.vessel_files import read_vessels


def saved(path: Path, values: np.ndarray) -> Path:
    image = sitk.GetImageFromArray(values)
    image.SetSpacing((0.7, 0.8, 2.0))
    image.SetOrigin((-40.0, 10.0, 300.0))
    sitk.WriteImage(image, str(path))
    return path


@pytest.mark.parametrize("name", ["vessels.nii.gz", "vessels.nrrd", "vessels.mha"])
def test_every_label_is_a_vessel_where_the_file_says(tmp_path: Path, name: str) -> None:
    values = np.zeros((4, 5, 6), dtype=np.uint8)
    values[1, 2, 3], values[3, 0, 0] = 1, 7
    mask = read_vessels(saved(tmp_path / name, values))
    assert mask.inside.sum() == 2
    assert mask.grid.points_from_indices([3, 2, 1]) == pytest.approx([-40.0 + 2.1, 10.0 + 1.6, 302.0])


def test_a_scan_or_an_empty_mask_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefusedError, match="not the scan"):
        read_vessels(saved(tmp_path / "ct.nii.gz", np.full((3, 3, 3), -1000, dtype=np.int16)))
    with pytest.raises(InputRefusedError, match="marks no voxel"):
        read_vessels(saved(tmp_path / "empty.nii.gz", np.zeros((3, 3, 3), dtype=np.uint8)))
