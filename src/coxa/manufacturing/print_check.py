"""Is a mesh printable: every rule measured, named and placed."""

from __future__ import annotations

from coxa.errors import MeshError
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.manufacturing.measuring.overhang import least_overhang
from coxa.manufacturing.measuring.pores import WIDEST_MM, measure_pores
from coxa.manufacturing.measuring.topology import inspect_topology, welded
from coxa.manufacturing.measuring.trapped_powder import has_hollows, survey_voids
from coxa.manufacturing.measuring.wall_distance import WallDistance
from coxa.manufacturing.rules.certificate import Certificate, Rule, Verdict
from coxa.manufacturing.rules.feature_rules import pore_rules, thickness_rules
from coxa.manufacturing.rules.powder_rules import escape_rule, porosity_rule
from coxa.manufacturing.rules.process import Process, load_process
from coxa.manufacturing.rules.rule_words import not_checked
from coxa.manufacturing.rules.size_rules import size_rules
from coxa.manufacturing.rules.surface_rules import NO_SOLID, body_rules, surface_rules

TOO_MANY = "too many triangles: simplify the mesh first"

_SPOILS_MEASURING = (
    ("units", "the unit is in doubt: a file in millimetres is needed"),
    ("orientation", "the mesh bounds no volume as it is turned: mend the surface first"),
    ("self_intersection", "the surface passes through itself: mend it first"),
)

_NEED_A_SOLID = (
    ("thinnest_wall", "mm"),
    ("thinnest_strut", "mm"),
    ("strut_as_printed", "mm"),
    ("smallest_pore", "mm"),
    ("largest_pore", "mm"),
    ("escape_holes", "1"),
    ("porosity", "1"),
    ("overhang_area", "mm2"),
    ("volume", "ml"),
    ("mass", "g"),
)
_NEED_A_FEW = (
    ("watertight", "1"),
    ("two_manifold", "1"),
    ("orientation", "1"),
    ("duplicate_faces", "1"),
    ("zero_thickness", "1"),
    ("degenerate_faces", "1"),
    ("self_intersection", "1"),
    ("bodies", "1"),
    ("closed_cavities", "1"),
    *_NEED_A_SOLID,
)


def check_mesh(mesh: Mesh, process: str | Process = "lpbf", designed_porosity: float | None = None) -> Certificate:
    """Check a mesh against a process.

    Parameters
    ----------
    mesh : Mesh
        In mm.
    process : str or Process
        ``lpbf``, ``ebm``, ``sls``, or a process of your own.
    designed_porosity : float, optional
        Void share that the porous zone was designed with, 0 to 1.

    Raises
    ------
    MeshError
        When the mesh has no faces.
    UsageError
        When the process is unknown.
    """
    limits = load_process(process) if isinstance(process, str) else process
    if mesh.is_empty:
        raise MeshError("the mesh has no triangles: there is nothing to check")
    rules = size_rules(mesh, limits)
    if len(mesh.faces) > limits.triangles_max:
        rules += [not_checked(name, unit, TOO_MANY) for name, unit in _NEED_A_FEW]
        return Certificate(limits.name, tuple(rules))
    body = welded(mesh)
    topology, caster = inspect_topology(body), RayCaster(body)
    rules += [*surface_rules(body, topology, caster), *body_rules(body, topology)]
    failed = {rule.name for rule in rules if rule.verdict is Verdict.FAIL}
    why = next((reason for name, reason in _SPOILS_MEASURING if name in failed), None)
    if why is None and topology.is_solid:
        cavities = next(int(rule.value or 0) for rule in rules if rule.name == "closed_cavities")
        rules += _solid_rules(body, limits, caster, cavities, designed_porosity)
    else:
        rules += [not_checked(name, unit, why or NO_SOLID) for name, unit in _NEED_A_SOLID]
    return Certificate(limits.name, tuple(rules))


def _solid_rules(
    mesh: Mesh, limits: Process, caster: RayCaster, cavities: int, designed_porosity: float | None
) -> list[Rule]:
    wall = WallDistance(mesh)
    pores = measure_pores(mesh, caster, wall)
    survey = survey_voids(mesh, limits.escape_hole_mm, WIDEST_MM, wall) if has_hollows(mesh, caster) else None
    return [
        *thickness_rules(mesh, limits, caster),
        *pore_rules(pores, limits),
        escape_rule(survey, limits, cavities),
        porosity_rule(survey, pores, limits, designed_porosity),
        *_volume_rules(mesh, limits),
    ]


def _volume_rules(mesh: Mesh, limits: Process) -> list[Rule]:
    area, direction = least_overhang(mesh, limits.overhang_deg)
    upward = ", ".join(f"{c + 0.0:.2f}" for c in direction)
    flatter = f"flatter than {limits.overhang_deg:g} degrees, with ({upward}) up"
    volume = mesh.volume_ml
    grams = volume * limits.density_g_per_cm3
    return [
        Rule("overhang_area", area, None, "mm2", Verdict.INFO, flatter),
        Rule("volume", volume, None, "ml", Verdict.INFO),
        Rule("mass", grams, None, "g", Verdict.INFO, f"in {limits.material}, {limits.density_g_per_cm3:g} g/cm3"),
    ]
