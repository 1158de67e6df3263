"""Rules of powder: hollows that it cannot leave, and how porous the porous zone is."""

from __future__ import annotations

import numpy as np

from coxa.manufacturing.measuring.pores import Pores
from coxa.manufacturing.measuring.trapped_powder import EnclosedCavity, VoidSurvey, porosity_near
from coxa.manufacturing.rules.certificate import Rule, Verdict
from coxa.manufacturing.rules.process import Process
from coxa.manufacturing.rules.rule_words import PLACED, counted, placed_rule

NO_LATTICE = 0.95
"""A zone emptier than this holds no struts: crevices, not a lattice."""


def escape_rule(survey: VoidSurvey | None, limits: Process, closed_cavities: int) -> Rule:
    """Return ``escape_holes``: hollows with their volume and holes; fails where powder stays.

    Fails for a hollow without a hole of the process' diameter, warns of one with fewer than the process wants.

    Parameters
    ----------
    survey : VoidSurvey or None
        None when the part has no hollows.
    limits : Process
    closed_cavities : int
        Hollows that the mesh itself closes; they have a rule of their own and are passed over here.
    """
    wanted = f"{limits.escape_holes} of {limits.escape_hole_mm:g} mm each"
    found = () if survey is None else survey.cavities
    cavities = [cavity for cavity in found if cavity.hole_diameters_mm or not closed_cavities]
    if survey is None or not cavities:
        return Rule("escape_holes", None, wanted, "1", Verdict.INFO, "no hollow with narrow openings")
    least = limits.escape_hole_mm - 0.5 * survey.pitch_mm
    proper = [sum(d >= least for d in cavity.hole_diameters_mm) for cavity in cavities]
    fewest = min(proper)
    judged = Verdict.PASS if fewest >= limits.escape_holes else Verdict.WARN if fewest else Verdict.FAIL
    order = np.argsort(proper, kind="stable")
    words = "; ".join(_cavity_words(cavities[n]) for n in order[:PLACED])
    places = np.array([cavities[n].centre_lps_mm for n in order])
    return placed_rule("escape_holes", float(fewest), wanted, "1", judged, words, places)


def porosity_rule(survey: VoidSurvey | None, pores: Pores, limits: Process, designed: float | None) -> Rule:
    """Return ``porosity``: measured within the porous zone, against the designed one when it is known."""
    found = None if survey is None else porosity_near(survey, pores.middle_lps_mm)
    stated = None if designed is None else f"{designed:.2f} ± {limits.porosity_tolerance:.2f}"
    if found is None or found[0] > NO_LATTICE:
        judged = Verdict.INFO if designed is None else Verdict.WARN
        return Rule("porosity", None, stated, "1", judged, "no porous zone thick enough to measure")
    share, zone_ml = found
    words = f"{zone_ml:.2f} ml of porous zone"
    if designed is None:
        return Rule("porosity", share, None, "1", Verdict.INFO, words)
    near = abs(share - designed) <= limits.porosity_tolerance
    return Rule(
        "porosity", share, stated, "1", Verdict.PASS if near else Verdict.WARN, f"{words}, as designed {stated}"
    )


def _cavity_words(cavity: EnclosedCavity) -> str:
    holes = cavity.hole_diameters_mm
    if not holes:
        return f"a hollow of {cavity.volume_ml:.3g} ml without an escape hole that could be made out"
    widths = ", ".join(f"{d:.1f}" for d in holes[:3])
    number = counted(len(holes), "escape hole", "escape holes")
    return f"a hollow of {cavity.volume_ml:.3g} ml with {number} ({widths} mm)"
