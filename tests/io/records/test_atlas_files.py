"""Corresponding surfaces and atlases in files, and what is refused."""

import numpy as np
import pytest

from coxa.anatomy import SIDES, Side
from coxa.errors import InputRefusedError, SchemaError, UnreadableInputError
from coxa.io.records.atlas_files import read_atlas, read_corresponding_surfaces, write_atlas
from coxa.landmarks.centres.shape_model import HipAtlas, HipShapeModel

VERTICES = np.arange(3 * 4 * 3, dtype=np.float32).reshape(3, 4, 3)
FACES = np.array([[0, 1, 2], [1, 2, 3]], dtype=np.int32)


@pytest.fixture
def files(tmp_path):
    for side in SIDES:
        np.savez(tmp_path / f"hip_{side}.npz", vertices=VERTICES, faces=FACES, ids=np.array([3, 4, 5]))
    np.savez(tmp_path / "sacrum.npz", vertices=VERTICES, faces=FACES)
    return [tmp_path / name for name in ("hip_left.npz", "hip_right.npz", "sacrum.npz")]


def model(shift: float) -> HipShapeModel:
    rng = np.random.default_rng(1)
    modes = rng.normal(size=(2, 4, 3)).astype(np.float32)
    vertices = VERTICES[0].astype(np.float64) + shift
    return HipShapeModel(vertices, FACES.astype(np.int64), modes, vertices[1], modes[:, 1], {"ASIS": vertices[2]})


def made_atlas() -> HipAtlas:
    return HipAtlas({Side.LEFT: model(0.0), Side.RIGHT: model(10.0)}, 30, 5.5)


def test_both_hips_are_read_and_other_bones_passed_over(files):
    found = read_corresponding_surfaces(files)
    assert set(found) == set(SIDES)
    assert np.array_equal(found[Side.LEFT].vertices_lps_mm, VERTICES)
    assert np.array_equal(found[Side.RIGHT].faces, FACES)


def test_what_is_no_pair_of_corresponding_hips_is_refused(files):
    left, right, sacrum = files
    with pytest.raises(InputRefusedError, match=r"hip_right\.npz"):
        read_corresponding_surfaces([left, sacrum])
    np.savez(right, vertices=VERTICES, faces=FACES, ids=np.array([3, 4, 6]))
    with pytest.raises(InputRefusedError, match="different subjects"):
        read_corresponding_surfaces(files)
    np.savez(right, faces=FACES)
    with pytest.raises(InputRefusedError, match="vertices"):
        read_corresponding_surfaces(files)
    np.savez(right, vertices=VERTICES[0], faces=FACES)
    with pytest.raises(InputRefusedError, match="subjects, points, 3"):
        read_corresponding_surfaces(files)
    np.savez(right, vertices=VERTICES, faces=FACES + 2)
    with pytest.raises(InputRefusedError, match="damaged"):
        read_corresponding_surfaces(files)
    np.savez(right, vertices=np.full_like(VERTICES, np.nan), faces=FACES)
    with pytest.raises(InputRefusedError, match="damaged"):
        read_corresponding_surfaces(files)
    np.savez(right, vertices=np.array([{"a": 1}], dtype=object), faces=FACES)
    with pytest.raises(UnreadableInputError, match=r"hip_right\.npz"):
        read_corresponding_surfaces(files)
    right.write_bytes(b"no archive")
    with pytest.raises(UnreadableInputError, match=r"hip_right\.npz"):
        read_corresponding_surfaces(files)
    right.unlink()
    with pytest.raises(UnreadableInputError, match="no file"):
        read_corresponding_surfaces(files)


def test_an_atlas_reads_back_as_it_was(tmp_path):
    write_atlas(tmp_path / "atlas.npz", made_atlas())
    again = read_atlas(tmp_path / "atlas.npz")
    assert (again.subjects, again.left_out_error_mm) == (30, 5.5)
    for side, made in made_atlas().models.items():
        read = again.models[side]
        assert np.array_equal(read.faces, made.faces)
        assert read.vertices_mm == pytest.approx(made.vertices_mm)
        assert read.vertex_modes_mm == pytest.approx(made.vertex_modes_mm)
        assert read.centre(np.array([1.0, -2.0])) == pytest.approx(made.centre(np.array([1.0, -2.0])), abs=1e-5)
        assert read.landmarks_mm["ASIS"] == pytest.approx(made.landmarks_mm["ASIS"])
    assert [path.name for path in tmp_path.iterdir()] == ["atlas.npz"]


def test_what_is_no_atlas_is_refused(tmp_path, files):
    with pytest.raises(SchemaError, match="coxa atlas build"):
        read_atlas(files[0])
    write_atlas(tmp_path / "atlas.npz", made_atlas())
    with np.load(tmp_path / "atlas.npz") as archive:
        arrays = dict(archive)
    np.savez(tmp_path / "half.npz", **{name: array for name, array in arrays.items() if name != "right/centre_mm"})
    with pytest.raises(SchemaError, match="does not follow"):
        read_atlas(tmp_path / "half.npz")
    np.savez(tmp_path / "torn.npz", **{**arrays, "left/faces": arrays["left/faces"] + 9})
    with pytest.raises(SchemaError, match="faces"):
        read_atlas(tmp_path / "torn.npz")
    with pytest.raises(UnreadableInputError, match="no file"):
        read_atlas(tmp_path / "absent.npz")
