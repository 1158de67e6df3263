"""A part in files: written, read again and compared before success is reported, with a sidecar that says what it is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from coxa import __version__
from coxa.errors import MeshError, UsageError
from coxa.geometry.mesh import Mesh
from coxa.io.meshes.mesh_files import open_edges, read_mesh, write_stl
from coxa.io.meshes.mesh_formats import write_with_trimesh
from coxa.io.meshes.three_mf import write_3mf
from coxa.io.outputs import write_json

SCHEMA = "coxa.part/1"
PART_FORMATS = ("stl", "3mf", "ply", "obj", "glb")

ROUND_TRIP_MM = 0.001
"""Largest distance between the file's surface and the one that was meant."""
ROUND_TRIP_VOLUME = 1e-4
"""Largest relative change of the volume."""

FORCED_REMARK = "PRINT CHECK FAILED"


@dataclass(frozen=True)
class PartLabel:
    """What a part's files say of it.

    Attributes
    ----------
    name : str
    plan_sha256 : str
        Of the plan.json that it belongs to.
    material, process : str
    print_check : str
        ``passed``, or ``failed, written on demand``.
    """

    name: str
    plan_sha256: str
    material: str
    process: str
    print_check: str

    @property
    def is_forced(self) -> bool:
        """True when the part failed its check."""
        return self.print_check != "passed"

    def notes(self) -> dict[str, str]:
        """Return what a file's comments or metadata say; no identity, no time."""
        return {
            "SPACE": "LPS",
            "UNIT": "mm",
            "Software": f"coxa {__version__}",
            "PlanSha256": self.plan_sha256,
            "Process": self.process,
            "PrintCheck": self.print_check,
        }


@dataclass(frozen=True)
class RoundTrip:
    """A written file against the mesh that was meant.

    Attributes
    ----------
    triangles : int
        As read again.
    open_edges : int
    max_distance_mm : float
        Between the vertices of both, each to the nearest of the other.
    volume_change : float
        Volume as read over volume meant, minus 1.
    """

    triangles: int
    open_edges: int
    max_distance_mm: float
    volume_change: float


def write_part(path: Path, mesh: Mesh, label: PartLabel) -> RoundTrip:
    """Write a part in the format of the path's suffix, and read it again.

    Raises
    ------
    UsageError
        When the format is unknown.
    MeshError
        When the file re-reads as anything else than the mesh: moved, mirrored, turned inside out or torn open.
    """
    suffix = path.suffix[1:]
    if suffix not in PART_FORMATS:
        raise UsageError(f"'{suffix}' is no part format: choose one of {', '.join(PART_FORMATS)}")
    if suffix == "stl":
        write_stl(path, mesh, FORCED_REMARK if label.is_forced else "")
    elif suffix == "3mf":
        write_3mf(path, label.name, mesh, label.material, label.notes())
    else:
        write_with_trimesh(path, mesh, label.notes())
    return reread(path, mesh)


def reread(path: Path, meant: Mesh) -> RoundTrip:
    """Read a written file again and compare it with what was meant.

    Raises
    ------
    MeshError
        When they differ by more than ``ROUND_TRIP_MM`` or ``ROUND_TRIP_VOLUME``, or a closed surface came back open.
    """
    again = read_mesh(path)
    found = RoundTrip(len(again.faces), open_edges(again), _farthest_mm(meant, again), _growth(meant, again))
    if abs(found.volume_change) > ROUND_TRIP_VOLUME:
        raise MeshError(f"'{path.name}' re-reads with {again.volume_ml:.4f} ml instead of {meant.volume_ml:.4f} ml")
    if found.max_distance_mm > ROUND_TRIP_MM:
        raise MeshError(f"'{path.name}' re-reads {found.max_distance_mm:.3g} mm away from the mesh that was meant")
    if found.open_edges and not open_edges(meant):
        raise MeshError(
            f"'{path.name}' re-reads with {found.open_edges} edges that are not between exactly two triangles: parts "
            "of the mesh touch in the file's single precision; simplify the mesh"
        )
    return found


def _farthest_mm(meant: Mesh, again: Mesh) -> float:
    from scipy.spatial import cKDTree

    used = [mesh.vertices_lps_mm[np.unique(mesh.faces)] for mesh in (meant, again)]
    there, back = (cKDTree(used[n]).query(used[1 - n], workers=2)[0].max() for n in (0, 1))
    return float(max(there, back))


def _growth(meant: Mesh, again: Mesh) -> float:
    return again.volume_ml / meant.volume_ml - 1.0 if meant.volume_ml else 0.0


def write_sidecar(
    path: Path, part: Path, label: PartLabel, round_trip: RoundTrip, extra: Mapping[str, Any]
) -> dict[str, Any]:
    """Write, and return, the JSON beside a part file: frame, unit, hash, error figures, and what ``extra`` adds."""
    content = {
        "schema": SCHEMA,
        "file": part.name,
        "sha256": hashlib.sha256(part.read_bytes()).hexdigest(),
        "frame": "lps",
        "unit": "mm",
        "software": {"name": "coxa", "version": __version__},
        **asdict(label),
        "round_trip": asdict(round_trip),
        **extra,
    }
    write_json(path, content)
    return content
