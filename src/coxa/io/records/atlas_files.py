"""Corresponding surfaces in, atlases in and out: compressed NumPy archives without pickled objects."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from coxa.anatomy import SIDES, Side
from coxa.errors import InputRefusedError, SchemaError, UnreadableInputError
from coxa.io.outputs import finished_file
from coxa.landmarks.centres.atlas_build import CorrespondingSurfaces
from coxa.landmarks.centres.shape_model import HipAtlas, HipShapeModel

SCHEMA = "coxa.atlas/1"
SUFFIX = ".npz"
MODEL_ARRAYS = ("vertices_mm", "faces", "vertex_modes_mm", "centre_mm", "centre_modes_mm")

Arrays = Mapping[str, np.ndarray[Any, Any]]


def read_corresponding_surfaces(paths: Sequence[Path]) -> dict[Side, CorrespondingSurfaces]:
    """Read ``hip_left.npz`` and ``hip_right.npz``; files of other bones are passed over.

    Each holds ``vertices`` (S, M, 3), LPS mm, ``faces`` (F, 3), and optionally ``ids`` (S,) of the subjects.

    Raises
    ------
    UnreadableInputError
        When a file is absent, damaged or no such archive.
    InputRefusedError
        When a side is missing, or the two sides are of different subjects.
    """
    by_name = {f"hip_{side}": side for side in SIDES}
    found = {by_name[path.stem]: _read(path) for path in paths if path.stem in by_name}
    missing = [f"hip_{side}{SUFFIX}" for side in SIDES if side not in found]
    if missing:
        raise InputRefusedError(f"an atlas needs both hip bones; not among the files: {' and '.join(missing)}")
    ids = [found[side]["ids"] for side in SIDES if "ids" in found[side]]
    if len(ids) == 2 and not np.array_equal(ids[0], ids[1]):
        raise InputRefusedError("the two hip files hold different subjects (ids): give files with the same, in order")
    return {side: _surfaces(f"hip_{side}{SUFFIX}", arrays) for side, arrays in found.items()}


def write_atlas(path: Path, atlas: HipAtlas) -> None:
    """Write an atlas as one file, whole or not at all."""
    arrays: dict[str, Any] = {
        "schema": SCHEMA,
        "subjects": atlas.subjects,
        "left_out_error_mm": atlas.left_out_error_mm,
    }
    for side, model in atlas.models.items():
        values = {name: getattr(model, name) for name in MODEL_ARRAYS}
        values |= {f"landmark_{stem}": place for stem, place in model.landmarks_mm.items()}
        single = {name: array.astype(np.int32 if name == "faces" else np.float32) for name, array in values.items()}
        arrays |= {f"{side}/{name}": array for name, array in single.items()}
    with finished_file(path) as staging, staging.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


LARGEST_UNPACKED_BYTES = 2_000_000_000
"""Of an atlas archive."""


def read_atlas(path: Path) -> HipAtlas:
    """Read an atlas that :func:`write_atlas` wrote.

    Raises
    ------
    UnreadableInputError
        When the file is absent or damaged.
    SchemaError
        When it is no atlas of Coxa.
    """
    arrays = _read(path)
    schema = str(arrays["schema"]) if "schema" in arrays else None
    if schema != SCHEMA:
        raise SchemaError(f"'{path.name}' is no atlas ('{SCHEMA}'): make one with `coxa atlas build`")
    try:
        models = {side: _model(arrays, f"{side}/") for side in SIDES}
        return HipAtlas(models, int(arrays["subjects"]), float(arrays["left_out_error_mm"]))
    except (KeyError, ValueError, TypeError) as error:
        raise SchemaError(f"'{path.name}' says '{SCHEMA}' but does not follow it: {error}") from error


def _model(arrays: Arrays, prefix: str) -> HipShapeModel:
    mark = f"{prefix}landmark_"
    landmarks = {
        name.removeprefix(mark): np.asarray(place, np.float64)
        for name, place in arrays.items()
        if name.startswith(mark)
    }
    vertices, faces, modes, centre, centre_modes = (arrays[prefix + name] for name in MODEL_ARRAYS)
    if faces.ndim != 2 or faces.shape[1] != 3 or (faces.size and not 0 <= faces.min() <= faces.max() < len(vertices)):
        raise ValueError("faces refer to vertices that do not exist")
    return HipShapeModel(vertices, faces.astype(np.int64), modes, centre, centre_modes, landmarks)


def _surfaces(name: str, arrays: Arrays) -> CorrespondingSurfaces:
    try:
        vertices, faces = arrays["vertices"], arrays["faces"]
    except KeyError as error:
        raise InputRefusedError(
            f"'{name}' holds no array {error}: corresponding surfaces need vertices and faces"
        ) from None
    if vertices.ndim != 3 or vertices.shape[2] != 3 or faces.ndim != 2 or faces.shape[1] != 3:
        raise InputRefusedError(f"'{name}': vertices must be (subjects, points, 3) and faces (triangles, 3)")
    if not np.isfinite(vertices).all() or faces.min(initial=0) < 0 or faces.max(initial=0) >= vertices.shape[1]:
        raise InputRefusedError(f"'{name}' is damaged: coordinates that are not numbers, or faces without vertices")
    return CorrespondingSurfaces(vertices.astype(np.float64), faces.astype(np.int64))


def _read(path: Path) -> Arrays:
    if not path.is_file():
        raise UnreadableInputError(f"there is no file '{path.name}' at that place")
    try:
        with zipfile.ZipFile(path) as packed:
            unpacked_bytes = sum(member.file_size for member in packed.infolist())
        if unpacked_bytes > LARGEST_UNPACKED_BYTES:
            raise ValueError(f"it unpacks to {unpacked_bytes / 1e9:.1f} GB, and none needs that")
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
        raise UnreadableInputError(f"'{path.name}' cannot be read as a NumPy archive (.npz): {error}") from error
