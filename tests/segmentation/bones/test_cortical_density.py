"""What compact bone measures: thick shafts tell, cancellous bone, metal and thin cortex do not."""

import numpy as np
import pytest
from scipy import ndimage as ndi

from coxa.geometry import Grid
from coxa.segmentation.bones.cortical_density import UNKNOWN_COMPACT_HU, cortical_bone_hu

HIP, FEMUR, OTHER_FEMUR = 1, 4, 5
SOFT, MARROW, SPONGY = 40.0, -50.0, 500.0
BLUR_MM, NOISE_HU = 0.5, 18.0


def scan(femora=((FEMUR, 1200.0, 5.0),), hip_hu=1300.0, hip_cortex_mm=2.5, spacing=(0.8, 0.8, 1.0)):
    """HU, labels and grid: a hip's block above, femora below it as (label, HU, cortex in mm); spongy, then hollow."""
    size = tuple(int(mm / s) for mm, s in zip((130, 50, 170), spacing, strict=True))
    i, j, k = ((np.arange(n) + 0.5) * s for n, s in zip(size, spacing, strict=True))
    z, y, x = k[:, None, None], j[None, :, None], i[None, None, :]
    hu, labels = np.full(size[::-1], SOFT), np.zeros(size[::-1], dtype=np.uint8)

    def place(label, depth, cortex_mm, cortex_hu, inner_hu):
        hu[depth > 0] = np.broadcast_to(np.where(depth > cortex_mm, inner_hu, cortex_hu), hu.shape)[depth > 0]
        labels[depth > 0] = label

    hip = np.minimum.reduce(np.broadcast_arrays(65 - abs(x - 65) - 8, 25 - abs(y - 25) - 10, 20 - abs(z - 145)))
    place(HIP, hip, hip_cortex_mm, hip_hu, 200.0)
    for n, (label, cortex_hu, cortex_mm) in enumerate(femora):
        shaft = np.minimum(14 - np.hypot(x - 35 - 60 * n, y - 25), 115 - z)
        thick = np.where(z < 45, cortex_mm, 1.0)  # thin about the spongy upper end
        place(label, shaft, thick, cortex_hu, np.where(z < 45, MARROW, SPONGY))
    blurred = ndi.gaussian_filter(hu, [max(BLUR_MM, 0.42 * s) / s for s in spacing[::-1]])
    noisy = blurred + np.random.default_rng(1).normal(0, NOISE_HU, hu.shape)
    grid = Grid(size, spacing, np.zeros(3), np.eye(3))
    return np.round(noisy).astype(np.int16), labels, grid


def measured(hu, labels, grid, unsure=None):
    nowhere = np.zeros(labels.shape, bool) if unsure is None else unsure
    return cortical_bone_hu(labels, hu, grid, (HIP,), (FEMUR, OTHER_FEMUR), nowhere)


@pytest.mark.parametrize("spacing", [(0.8, 0.8, 1.0), (0.9, 0.9, 3.0)])
@pytest.mark.parametrize("compact_hu", [900.0, 1200.0, 1600.0])
def test_a_thick_shaft_tells(compact_hu, spacing):
    found = measured(*scan(((FEMUR, compact_hu, 5.0),), hip_hu=1750.0, hip_cortex_mm=9.0, spacing=spacing))
    assert found == pytest.approx(compact_hu, abs=60)


def test_of_two_shafts_the_fainter_counts():
    found = measured(*scan(((FEMUR, 1000.0, 5.0), (OTHER_FEMUR, 1300.0, 5.0)), hip_hu=1500.0))
    assert found == pytest.approx(1000, abs=60)


def test_a_shaft_with_thin_cortex_does_not_tell():
    thin, none = (measured(*scan(femora)) for femora in (((FEMUR, 1200.0, 1.0),), ()))
    assert thin == pytest.approx(none, abs=15)


def test_dense_cancellous_bone_does_not_tell():
    hu, labels, grid = scan()
    upper = np.zeros_like(labels)
    upper[: int(110 / grid.spacing_mm[2])] = labels[: int(110 / grid.spacing_mm[2])]
    upper[: int(50 / grid.spacing_mm[2])] = 0
    upper[labels == HIP] = HIP
    assert measured(hu, upper, grid) == pytest.approx(measured(*scan(())), abs=15)


def test_without_shafts_in_view_the_brightest_of_the_pelvis_tells():
    assert measured(*scan((), hip_hu=1100.0)) == pytest.approx(1100, abs=90)


def test_a_shaft_denser_than_all_of_the_pelvis_does_not_speak_for_it():
    assert measured(*scan(((FEMUR, 1500.0, 5.0),), hip_hu=1100.0)) == pytest.approx(1100, abs=90)


def test_what_lies_beside_metal_is_not_asked():
    hu, labels, grid = scan(((FEMUR, 1200.0, 5.0), (OTHER_FEMUR, 1200.0, 5.0)))
    beside_metal = labels == FEMUR
    hu[beside_metal] = 700
    assert measured(hu, labels, grid, beside_metal) == pytest.approx(1200, abs=60)


def test_where_no_bone_tells_the_default_stands():
    hu, labels, grid = scan()
    assert measured(hu, np.zeros_like(labels), grid) == UNKNOWN_COMPACT_HU
    assert measured(hu, labels, grid, np.ones(labels.shape, bool)) == UNKNOWN_COMPACT_HU
