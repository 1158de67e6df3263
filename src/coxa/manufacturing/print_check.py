"""Is a mesh printable: every rule measured, named and placed."""

from __future__ import annotations

import numpy as np

from coxa.errors import MeshError
from coxa.geometry.arrays import FloatArray, IntArray
from coxa.geometry.mesh import Mesh
from coxa.manufacturing.certificate import Certificate, Rule, Verdict
from coxa.manufacturing.overhang import least_overhang
from coxa.manufacturing.process import Process, load_process
from coxa.manufacturing.self_intersection import piercing_points
from coxa.manufacturing.thickness import measure_thickness
from coxa.manufacturing.topology import Topology, inspect_topology, inverted_outer_shells, welded

METRES_BELOW_MM, SMALL_BELOW_MM, LARGE_ABOVE_MM = 2.0, 15.0, 1000.0
"""Largest side of an implant part: less than 2 reads as metres, less than 15 is worth a look, more than 1000 as
micrometres [E]."""

TRIANGLES_MAX = 2_000_000
"""More than this slows slicers down [E]."""

_PLACED = 3
"""Places named per rule."""


def check_mesh(mesh: Mesh, process: str = "lpbf") -> Certificate:
    """Check a mesh against a process.

    Parameters
    ----------
    mesh : Mesh
        In mm.
    process : str
        ``lpbf`` or ``ebm``.

    Raises
    ------
    MeshError
        When the mesh has no faces.
    UsageError
        When the process is unknown.
    """
    limits = load_process(process)
    if mesh.is_empty:
        raise MeshError("the mesh has no triangles: there is nothing to check")
    body = welded(mesh)
    topology = inspect_topology(body)
    rules = [*_size_rules(body, limits), *_surface_rules(body, topology), *_body_rules(body, topology)]
    if topology.is_solid and not any(rule.verdict is Verdict.FAIL and rule.name == "orientation" for rule in rules):
        rules += [*_thickness_rules(body, limits), *_volume_rules(body, limits)]
    else:
        rules += [_not_checked(name, unit) for name, unit in _NEED_A_SOLID]
    return Certificate(limits.name, tuple(rules))


_NEED_A_SOLID = (
    ("thinnest_wall", "mm"),
    ("thinnest_strut", "mm"),
    ("strut_as_printed", "mm"),
    ("overhang_area", "mm2"),
    ("volume", "ml"),
    ("mass", "g"),
)


def _not_checked(name: str, unit: str) -> Rule:
    return Rule(name, None, None, unit, Verdict.NOT_CHECKED, "the mesh bounds no volume: mend the surface first")


def _size_rules(mesh: Mesh, limits: Process) -> list[Rule]:
    sides = mesh.vertices_lps_mm.max(axis=0) - mesh.vertices_lps_mm.min(axis=0)
    largest = float(sides.max())
    if largest < METRES_BELOW_MM:
        units = (Verdict.FAIL, f"{largest:.3g} units wide: metres? The file must be in millimetres")
    elif largest > LARGE_ABOVE_MM:
        units = (Verdict.FAIL, f"{largest:.4g} units wide: micrometres? The file must be in millimetres")
    elif largest < SMALL_BELOW_MM:
        units = (Verdict.WARN, f"{largest:.3g} units wide: centimetres or inches? The file must be in millimetres")
    else:
        units = (Verdict.PASS, f"{largest:.0f} mm wide")
    envelope = np.array(limits.build_envelope_mm)
    fits = bool((np.sort(sides) <= np.sort(envelope)).all())
    box = " x ".join(f"{side:.1f}" for side in sides)
    room = " x ".join(f"{side:.0f}" for side in envelope)
    count = len(mesh.faces)
    return [
        Rule("units", largest, f"{METRES_BELOW_MM:g} to {LARGE_ABOVE_MM:g}", "mm", *units),
        Rule("build_envelope", box, room, "mm", _verdict(fits), "" if fits else "larger than the build chamber"),
        Rule(
            "triangles",
            float(count),
            float(TRIANGLES_MAX),
            "1",
            Verdict.PASS if count <= TRIANGLES_MAX else Verdict.WARN,
        ),
    ]


def _surface_rules(mesh: Mesh, topology: Topology) -> list[Rule]:
    """Return the rules of the surface itself, each with the number of faults and the first places."""
    centres = mesh.vertices_lps_mm[mesh.faces].mean(axis=1)
    crossings = piercing_points(mesh)
    inverted = inverted_outer_shells(mesh, topology) if topology.is_solid else np.empty(0, dtype=np.int64)
    turned = mesh.vertices_lps_mm[topology.turned_vertices]
    if len(inverted):
        turned = np.concatenate([turned, centres[np.isin(topology.shell_of_face, inverted)]])
    return [
        _faults("watertight", mesh.vertices_lps_mm[topology.open_vertices], "ends of open edges"),
        _faults("two_manifold", mesh.vertices_lps_mm[topology.crowded_vertices], "vertices where surfaces meet"),
        _faults("orientation", turned, "places that face the wrong way"),
        _faults("duplicate_faces", centres[topology.duplicate_faces], "faces stored twice"),
        _faults("degenerate_faces", centres[topology.degenerate_faces], "faces without area"),
        _faults("self_intersection", crossings, "edges through faces (overlaps in one plane are not seen)"),
    ]


def _faults(name: str, places: FloatArray, what: str) -> Rule:
    if not len(places):
        return Rule(name, 0.0, 0.0, "1", Verdict.PASS)
    return Rule(name, float(len(places)), 0.0, "1", Verdict.FAIL, f"{len(places)} {what}, at {_at(places[:_PLACED])}")


def _body_rules(mesh: Mesh, topology: Topology) -> list[Rule]:
    if not topology.is_solid:
        names = ("bodies", "closed_cavities")
        return [_not_checked(name, "1") for name in names]
    outer = np.flatnonzero(topology.shell_volume_ml > 0)
    inverted = inverted_outer_shells(mesh, topology)
    inner = np.setdiff1d(np.flatnonzero(topology.shell_volume_ml < 0), inverted)
    bodies = len(outer) + len(inverted)
    several = (
        f"{bodies} separate bodies, at {_at(_shell_middles(mesh, topology, outer[:_PLACED]))}" if bodies > 1 else ""
    )
    trapped_ml = -float(topology.shell_volume_ml[inner].sum())
    cavities = (
        f"{len(inner)} cavities without an escape hole, {trapped_ml:.3g} ml of powder, "
        f"at {_at(_shell_middles(mesh, topology, inner[:_PLACED]))}"
        if len(inner)
        else ""
    )
    return [
        Rule("bodies", float(bodies), 1.0, "1", _verdict(bodies == 1), several),
        Rule("closed_cavities", float(len(inner)), 0.0, "1", _verdict(not len(inner)), cavities),
    ]


def _shell_middles(mesh: Mesh, topology: Topology, shells: IntArray) -> FloatArray:
    return np.array([mesh.vertices_lps_mm[mesh.faces[topology.shell_of_face == n]].mean(axis=(0, 1)) for n in shells])


def _thickness_rules(mesh: Mesh, limits: Process) -> list[Rule]:
    measured = measure_thickness(mesh, 1.5 * max(limits.wall_mm, limits.strut_mm))
    wall = measured.thinnest(~measured.is_strut)
    strut = measured.thinnest(measured.is_strut)
    rules = [_at_least("thinnest_wall", wall, limits.wall_mm), _at_least("thinnest_strut", strut, limits.strut_mm)]
    if strut is None:
        return [*rules, Rule("strut_as_printed", None, None, "mm", Verdict.INFO, "no struts")]
    low, high = (strut[0] + growth for growth in limits.strut_growth_mm)
    return [
        *rules,
        Rule("strut_as_printed", f"{low:.2f} to {high:.2f}", None, "mm", Verdict.INFO, "expected on the part"),
    ]


def _at_least(name: str, found: tuple[float, FloatArray] | None, limit_mm: float) -> Rule:
    if found is None:
        return Rule(name, None, limit_mm, "mm", Verdict.INFO, "none found")
    thickness, place = found
    return Rule(name, thickness, limit_mm, "mm", _verdict(thickness >= limit_mm), f"at {_at(place[None])}")


def _volume_rules(mesh: Mesh, limits: Process) -> list[Rule]:
    area, direction = least_overhang(mesh, limits.overhang_deg)
    upward = ", ".join(f"{c + 0.0:.2f}" for c in direction)
    volume = mesh.volume_ml
    return [
        Rule(
            "overhang_area",
            area,
            None,
            "mm2",
            Verdict.INFO,
            f"flatter than {limits.overhang_deg:g} degrees, with ({upward}) up",
        ),
        Rule("volume", volume, None, "ml", Verdict.INFO),
        Rule(
            "mass", volume * limits.density_g_per_cm3, None, "g", Verdict.INFO, f"at {limits.density_g_per_cm3:g} g/cm3"
        ),
    ]


def _verdict(good: bool) -> Verdict:
    return Verdict.PASS if good else Verdict.FAIL


def _at(places: FloatArray) -> str:
    return "; ".join("(" + ", ".join(f"{c:.1f}" for c in place) + ")" for place in places)
