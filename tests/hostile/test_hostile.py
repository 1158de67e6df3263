"""Whatever is in a file, a reader returns a value or refuses in one message: no other error, no end, no false voxels.

Every input follows from its reader and its number; a failure names both. ``make test`` runs every twentieth,
``make test-hostile`` all of them.
"""

import os
import shutil
import signal
import zlib

import numpy as np
import pytest

from coxa.cli.harris import _score
from coxa.errors import CoxaError
from coxa.io import inspect_scan, load_scan
from coxa.io.images.label_files import read_labels
from coxa.io.meshes.mesh_files import read_mesh
from coxa.io.records.atlas_files import read_atlas, read_corresponding_surfaces
from coxa.io.records.case_files import read_case
from coxa.io.records.catalogue_files import read_cup_catalogue
from coxa.io.records.plan_files import read_plan
from coxa.io.records.process_files import read_process
from coxa.io.records.study_files import read_schema, read_table
from tests.hostile.damage import damaged
from tests.hostile.sound import write_sound
from tests.io.body import body

INPUTS_A_READER = 40
LIMIT_S = 20
READERS = {
    **{f"scan.{suffix}": load_scan for suffix in ("zip", "nii", "nii.gz", "nrrd", "mha", "mhd")},
    **{f"part.{suffix}": read_mesh for suffix in ("stl", "ply", "obj", "glb", "3mf")},
    "dicom": load_scan,
    "labels.nii.gz": read_labels,
    "labels.json": lambda path: read_labels(path.with_name("labels.nii.gz")),
    "study.toml": read_schema,
    "study.csv": read_table,
    "harris.csv": lambda path: _score(read_table(path)),
    "plan.json": read_plan,
    "measurements.json": read_case,
    "catalogue.json": read_cup_catalogue,
    "process.toml": lambda path: read_process(str(path)),
    "surfaces.npz": lambda path: (read_corresponding_surfaces((path, path)), read_atlas(path)),
}
CASES = [
    pytest.param(name, number, marks=[] if number % 20 == 0 else pytest.mark.hostile, id=f"{name}-{number}")
    for name in READERS
    for number in range(INPUTS_A_READER)
]


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    """A folder with one sound input for every reader."""
    folder = tmp_path_factory.mktemp("sound")
    write_sound(folder)
    return folder


@pytest.fixture(autouse=True)
def limit():
    """End a reader that does not."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def stop(number, frame):
        raise TimeoutError(f"longer than {LIMIT_S} s")

    earlier = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT_S)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, earlier)


@pytest.mark.parametrize("name", [name for name in READERS if name != "surfaces.npz"])
def test_the_sound_input_comes_in(sound, name):
    READERS[name](sound / name)


@pytest.mark.parametrize(("name", "number"), CASES)
def test_a_value_or_one_refusal(sound, tmp_path, name, number):
    random = np.random.default_rng([zlib.crc32(name.encode()), number])
    path = _spoilt(sound, tmp_path, name, random)
    try:
        found = READERS[name](path)
    except CoxaError as error:
        assert str(error).strip()
        assert len(str(error)) < 2000
        assert os.fspath(tmp_path) not in str(error)
        return
    if name == "scan.nii.gz":  # a checksum covers all of it: what comes in is what was written
        assert np.array_equal(found.volume.hu, body().hu)
    if name == "dicom":
        assert inspect_scan(path).grid is not None


def _spoilt(sound, tmp_path, name, random):
    """Write the hostile input, with the sound files that belong to it beside it."""
    if name == "dicom":
        shutil.copytree(sound / "dicom", tmp_path / "dicom")
        files = sorted((tmp_path / "dicom").iterdir())
        for file in random.choice(np.array(files, dtype=object), size=int(random.integers(1, 4)), replace=False):
            file.write_bytes(damaged(file.read_bytes(), random))
        return tmp_path / "dicom"
    for beside in ("labels.nii.gz", "labels.json", "scan.zraw", "scan.raw"):
        if (sound / beside).exists():
            shutil.copy(sound / beside, tmp_path / beside)
    (tmp_path / name).write_bytes(damaged((sound / name).read_bytes(), random))
    return tmp_path / name
