"""Rules of walls, struts and pores, as designed and as they will be printed."""

from __future__ import annotations

from coxa.geometry.arrays import FloatArray
from coxa.geometry.mesh import Mesh
from coxa.geometry.ray_casting import RayCaster
from coxa.manufacturing.measuring.pores import Pores
from coxa.manufacturing.measuring.thickness import STRUT_WIDTH_MM, measure_thickness
from coxa.manufacturing.rules.certificate import Rule, Verdict
from coxa.manufacturing.rules.process import Process
from coxa.manufacturing.rules.rule_words import placed_rule, verdict

Placed = tuple[float, FloatArray]


def thickness_rules(mesh: Mesh, limits: Process, caster: RayCaster) -> list[Rule]:
    """Return ``thinnest_wall``, ``thinnest_strut`` and the strut as it will be printed."""
    measured = measure_thickness(mesh, 1.5 * max(limits.wall_mm, limits.strut_mm), caster)
    if not measured.is_strut.any():  # thick ones, that no limit asks for
        measured = measure_thickness(mesh, STRUT_WIDTH_MM, caster)
    wall, strut = measured.thinnest(~measured.is_strut), measured.thinnest(measured.is_strut)
    return [
        _at_least("thinnest_wall", wall, limits.wall_mm, "no walls"),
        _at_least("thinnest_strut", strut, limits.strut_mm, "no struts"),
        _as_printed("strut_as_printed", strut, limits.strut_growth_mm, "no struts"),
    ]


def pore_rules(pores: Pores, limits: Process) -> list[Rule]:
    """Return ``smallest_pore``, ``largest_pore`` and the smallest as it will be printed.

    A pore that closes up weakens nothing, so a narrow one is a warning.
    """
    narrow, wide = pores.narrowest(), pores.widest()
    none = "no pores"
    if narrow is None or wide is None:
        small = Rule("smallest_pore", None, limits.pore_mm, "mm", Verdict.INFO, none)
        return [small, Rule("largest_pore", None, None, "mm", Verdict.INFO, none)]
    open_enough = narrow[0] >= limits.pore_mm
    return [
        placed_rule(
            "smallest_pore",
            narrow[0],
            limits.pore_mm,
            "mm",
            Verdict.PASS if open_enough else Verdict.WARN,
            "" if open_enough else "may close up in printing",
            narrow[1],
        ),
        placed_rule("largest_pore", wide[0], None, "mm", Verdict.INFO, "", wide[1]),
        _as_printed("pore_as_printed", narrow, limits.pore_growth_mm, none),
    ]


def _at_least(name: str, found: Placed | None, limit_mm: float, none: str) -> Rule:
    if found is None:
        return Rule(name, None, limit_mm, "mm", Verdict.INFO, none)
    return placed_rule(name, found[0], limit_mm, "mm", verdict(found[0] >= limit_mm), "", found[1])


def _as_printed(name: str, designed: Placed | None, growth_mm: tuple[float, float], none: str) -> Rule:
    if designed is None:
        return Rule(name, None, None, "mm", Verdict.INFO, none)
    low, high = (max(designed[0] + growth, 0.0) for growth in growth_mm)
    words = f"expected on the part, {designed[0]:.2f} as designed"
    return Rule(name, f"{low:.2f} to {high:.2f}", None, "mm", Verdict.INFO, words)
