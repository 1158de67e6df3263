"""A vessel with contrast is no bone, a small bone with marrow is, and so is a compact one."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from coxa.geometry.grid import Grid
from coxa.segmentation.bones.contrast_vessels import drop_vessels

GRID = Grid((60, 60, 60), (1.0, 1.0, 1.0), np.zeros(3), np.eye(3))
HIP = 1


def _scene(rim_hu: float, core_hu: float, bridge: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return labels and HU of a large bone with a rod beside it, and which voxels the rod holds."""
    hu = np.full(GRID.shape, 50.0)
    labels = np.zeros(GRID.shape, dtype=np.uint8)
    bone = (slice(5, 55), slice(5, 30), slice(5, 55))
    labels[bone], hu[bone] = HIP, 800
    hu[7:53, 7:28, 7:53] = 150
    rod = np.zeros(GRID.shape, dtype=bool)
    rod[5:55, 35:47, 20:32] = True
    hu[rod] = rim_hu
    hu[ndi.binary_erosion(rod, iterations=2)] = core_hu
    labels[rod] = HIP
    if bridge:
        labels[20:22, 30:35, 24:26] = HIP
    return labels, ndi.gaussian_filter(hu, 0.6).astype(np.int16), rod


@pytest.mark.parametrize("bridge", [True, False])
def test_a_vessel_with_contrast_is_dropped_and_the_bone_beside_it_stays(bridge):
    labels, hu, rod = _scene(290, 290, bridge)
    drop_vessels(labels, hu, GRID, (HIP,))
    assert not labels[rod].any()
    assert (labels[5:55, 5:30, 5:55] == HIP).all()


@pytest.mark.parametrize(("rim_hu", "core_hu"), [(700, 150), (500, 200), (900, 900)])
def test_a_piece_of_bone_with_cortex_or_compact_stays(rim_hu, core_hu):
    labels, hu, rod = _scene(rim_hu, core_hu, bridge=True)
    drop_vessels(labels, hu, GRID, (HIP,))
    assert (labels[rod] == HIP).all()


def test_other_labels_and_absent_bones_are_left_alone():
    labels, hu, _ = _scene(290, 290, bridge=True)
    before = labels.copy()
    drop_vessels(labels, hu, GRID, (4, 5))
    np.testing.assert_array_equal(labels, before)
