"""Fixtures for every room: two phantoms, made once and kept in pytest's cache, and the shared data if any."""

import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest

from coxa.geometry.grid import Grid
from coxa.labels import Segmentation
from coxa.phantom import SCENARIOS, PhantomParameters, PhantomScan, simulate
from coxa.volume import Volume

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def native_phantom(request):
    """A whole pelvis at 1.8 x 1.8 x 2 mm."""
    return cached_phantom(request.config, SCENARIOS["native"])


@pytest.fixture(scope="session")
def revision_phantom(request):
    """The same with a migrated cup, defects and metal on the left."""
    return cached_phantom(request.config, SCENARIOS["revision_left"])


@pytest.fixture(scope="session")
def shared_data():
    """Folder with the real data; the test skips without it."""
    folder = Path(os.environ.get("COXA_SHARED", REPOSITORY.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("no real data: put it at ../shared or name its folder in COXA_SHARED")
    return folder


def cached_phantom(config: pytest.Config, parameters: PhantomParameters) -> PhantomScan:
    """Simulate, or take from pytest's cache when neither the parameters nor the phantom's code changed."""
    sources = sorted((REPOSITORY / "src" / "coxa" / "phantom").glob("*.py"))
    code = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    path = Path(config.cache.mkdir("phantoms")) / f"{parameters.name}-{parameters.digest}-{code}.npz"
    if path.exists():
        return _read(path)
    scan = simulate(parameters)
    part = path.with_name(f"{os.getpid()}-{path.name}")
    np.savez(part, hu=scan.volume.hu, labels=scan.segmentation.labels, meta=np.array(_meta(scan)))
    part.replace(path)
    return _read(path)


def _meta(scan: PhantomScan) -> str:
    grid = scan.volume.grid
    return json.dumps(
        {
            "size": grid.size,
            "spacing": grid.spacing_mm,
            "origin": grid.origin_lps_mm.tolist(),
            "direction": grid.direction.tolist(),
            "names": dict(scan.segmentation.names),
            "truth": scan.truth,
        }
    )


def _read(path: Path) -> PhantomScan:
    with np.load(path) as data:
        meta, hu, labels = json.loads(str(data["meta"])), data["hu"], data["labels"]
    grid = Grid(tuple(meta["size"]), tuple(meta["spacing"]), meta["origin"], meta["direction"])
    names = {int(value): name for value, name in meta["names"].items()}
    return PhantomScan(Volume(hu, grid), Segmentation(labels, grid, names, "phantom"), meta["truth"])
