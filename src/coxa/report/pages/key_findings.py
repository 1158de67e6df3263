"""The first questions of a surgeon, answered from the finished values in a sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from coxa.anatomy import SIDES, Side, landmark_name
from coxa.case import MeasuredCase
from coxa.geometry.frames import Frame
from coxa.report.pages.bone_loss import class_text, hidden_text
from coxa.report.wording import estimate_name, has_value, number, short_text, structure_name, value_text

if TYPE_CHECKING:
    from coxa.manufacturing import Certificate
    from coxa.planning.augment.values import Augment
    from coxa.planning.cup.values import Coverage
    from coxa.planning.plan import Plan

HOST_COVERAGE_GOOD = 0.70
HOST_COVERAGE_LEAST = 0.50
"""Share of host bone behind the cup from which it is shown as well held [E], and under which as poorly held
[Lakstein 2009]."""

CUP_ANGLES = ("inclination", "anteversion")

Tone = Literal["plain", "good", "check", "bad"]


@dataclass(frozen=True)
class KeyFinding:
    """One question with its answer, what to know beside it, and how it should be looked upon."""

    question: str
    finding: str
    details: tuple[str, ...] = ()
    tone: Tone = "plain"


def key_findings(case: MeasuredCase, plan: Plan | None, certificates: Mapping[str, Certificate]) -> list[KeyFinding]:
    """Return the key answers in the order in which they are asked."""
    sides = SIDES if plan is None else (plan.side,)
    found = [finding for side in sides for finding in _today(case, side, named=plan is None)]
    if plan is None:
        legs = case.find("leg_length_difference")
        reason = [legs.reason] if legs is not None and legs.reason else []
        return [*found, KeyFinding("Leg length difference", short_text(legs), ("left minus right", *reason))]
    return [
        *found,
        _target(case, plan),
        _bone_left(plan),
        _cup(plan),
        _augment(plan),
        _screws(plan),
        _print(certificates),
    ]


def _today(case: MeasuredCase, side: Side, *, named: bool) -> list[KeyFinding]:
    prefix = f"{str(side).capitalize()}: " if named else ""
    hip = case.landmarks.hips.get(side.value)
    extra = [_hip_words(case, side)]
    if hip is not None and hip.implant_present:
        angles = (f"{n} {short_text(case.find(f'cup_{n}_radiographic', side, Frame.APP))}" for n in CUP_ANGLES)
        extra.append(f"cup today: {', '.join(angles)}")
    here = _centre(case, side, "", extra)
    moves = {d: case.find(f"migration_{d}", side, Frame.APP) for d in ("superior", "lateral", "posterior")}
    known = {d: m for d, m in moves.items() if has_value(m)}
    if len(known) == len(moves):
        finding = ", ".join(_direction(d, float(m.value or 0.0)) for d, m in known.items())
        spreads = [f"{d} {m.uncertainty:.1f}" for d, m in known.items() if m.uncertainty is not None]
        details = [f"uncertainty, ± mm: {', '.join(spreads)}"] if spreads else []
        details += sorted({m.reason for m in known.values() if m.reason})
    else:
        missing = next((m for m in moves.values() if not has_value(m)), None)
        finding, details = short_text(missing), [missing.reason] if missing is not None and missing.reason else []
    return [
        KeyFinding(_sentence(prefix + "rotation centre now"), *here),
        KeyFinding(_sentence(prefix + "how far migrated"), finding, tuple(details)),
    ]


def _centre(case: MeasuredCase, side: Side, prefix: str, extra: list[str]) -> tuple[str, tuple[str, ...], Tone]:
    """Return answer, details and tone for a rotation centre by its height and horizontal position."""
    height, horizontal = (case.find(f"{prefix}rotation_centre_{n}", side, Frame.APP) for n in ("height", "horizontal"))
    if not has_value(height):
        reason = [height.reason] if height is not None and height.reason else []
        return short_text(height), tuple(reason + extra), "check"
    return f"{value_text(height)} high", (f"horizontal {short_text(horizontal)} from the teardrop", *extra), "plain"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _hip_words(case: MeasuredCase, side: Side) -> str:
    hip = case.landmarks.hips.get(side.value)
    diameter = case.find("head_diameter", side)
    if hip is None:
        return "nothing known of this hip"
    what = "prosthetic head" if hip.implant_present else "native head"
    return f"{what}, diameter {short_text(diameter)}" if hip.head is not None else f"no head found: {hip.reason}"


def _direction(axis: str, value: float) -> str:
    opposite = {"superior": "inferior", "lateral": "medial", "posterior": "anterior"}[axis]
    return f"{abs(value):.1f} mm {axis if value >= 0 else opposite}"


def _target(case: MeasuredCase, plan: Plan) -> KeyFinding:
    extra = [f"found by {plan.target.source}, ± {plan.target.uncertainty_mm:.1f} mm"]
    native = case.landmarks.points.get(landmark_name("HRC_NATIVE", plan.side))
    if native is not None and native.reason:
        extra.append(native.reason)
    if native is not None and native.status.has_value:
        others = [
            estimate for estimate in native.estimates if not estimate.chosen and estimate.position_lps_mm is not None
        ]
        apart = [f"{estimate_name(estimate)} {estimate.apart_mm(native.point):.1f}" for estimate in others]
        extra += [f"other methods answer, mm away: {', '.join(apart)}"] if apart else []
    return KeyFinding("Rotation centre where it should be", *_centre(case, plan.side, "native_", extra))


def _bone_left(plan: Plan) -> KeyFinding:
    defect, stock = plan.defect, plan.bone_stock
    if defect is None:
        reason = "no native hemipelvis to compare with" if stock is None or stock.reason is None else stock.reason
        return KeyFinding("Bone left", "not measurable", (reason,), "check")
    sectors = ", ".join(f"{name} {ml:.1f}" for name, ml in defect.lost_by_sector_ml.items())
    spread = "" if defect.uncertainty_ml is None else f" ± {defect.uncertainty_ml:.1f}"
    details = [
        f"{defect.kept_ml:.0f} of {defect.native_ml:.0f} ml native bone around the socket seen to be there",
        hidden_text(defect),
        f"lost by sector, ml: {sectors}",
        f"new bone {defect.new_ml:.1f} ml; by: {defect.method}",
    ]
    if stock is not None:
        details += [f"{class_text(found)} ({found.reason})" for found in stock.classes]
    return KeyFinding("Bone left", f"{defect.lost_ml:.1f}{spread} ml lost", tuple(details))


def _cup(plan: Plan) -> KeyFinding:
    cup = plan.cup
    angles = (
        f"inclination {cup.inclination_radiographic_deg:.1f}°, anteversion {cup.anteversion_radiographic_deg:.1f}° "
        f"(radiographic, {cup.angle_frame})"
    )
    others = _other_cups(plan)
    if not plan.coverage:
        details = (angles, "coverage was not evaluated", *others)
        return KeyFinding("Which cup", f"{cup.outer_diameter_mm:.0f} mm", details, "check")
    contact = min(plan.coverage, key=lambda c: c.tolerance_mm)
    tone: Tone = "good" if contact.host_fraction >= HOST_COVERAGE_GOOD else "check"
    if contact.host_fraction < HOST_COVERAGE_LEAST:
        tone = "bad"
    return KeyFinding("Which cup", f"{cup.outer_diameter_mm:.0f} mm", (angles, coverage_text(contact), *others), tone)


def _other_cups(plan: Plan) -> list[str]:
    """Say where the cup lies, how it is reamed for, and which others there are."""
    found = []
    press_fit = plan.settings.get("press_fit_mm")
    if isinstance(press_fit, float):
        found.append(f"ream to {plan.cup.outer_diameter_mm - press_fit:g} mm for a press fit of {press_fit:g} mm")
    if plan.cup_choice is None:
        return found
    figures = plan.cup_choice.proposal.figures
    wall = figures.medial_wall_words
    found.append(f"{figures.centre_distance_mm:.1f} mm from the target centre; medial wall behind it: {wall}")
    found += [
        f"instead, {option.name}: {option.cup.outer_diameter_mm:g} mm, {option.figures.centre_distance_mm:.1f} mm from "
        f"the target, host bone {100 * option.figures.host_fraction_1mm:.0f} %"
        for option in plan.cup_choice.alternatives
    ]
    return found


def coverage_text(coverage: Coverage) -> str:
    """Return the three shares behind the cup in words."""
    return (
        f"behind it within {coverage.tolerance_mm:g} mm: host bone {100 * coverage.host_fraction:.0f} %, "
        f"augment {100 * coverage.augment_fraction:.0f} %, nothing {100 * coverage.unsupported_fraction:.0f} %"
    )


def _augment(plan: Plan) -> KeyFinding:
    augment = plan.augment
    if not augment.needed:
        by_choice = augment.parameters.get("augment_type") == "none"
        return KeyFinding("Which augment", "none, by choice" if by_choice else "none needed", (augment.reason,))
    details = (
        f"solid {augment.solid_volume_ml:.1f} ml, porous {augment.porous_volume_ml:.1f} ml "
        f"(porosity {100 * augment.porosity:.0f} %)",
        augment.elements,
        insertion_text(augment),
        f"flange: {augment.flanges}" if augment.flanges else "",
        augment.reason,
    )
    name = augment.kind or "custom"
    return KeyFinding("Which augment", f"{name}, {augment.volume_ml:.1f} ml", tuple(d for d in details if d))


def insertion_text(augment: Augment) -> str:
    """Say how the augment goes in, and what of the gap it leaves empty for that; empty for older plans."""
    if augment.way_out_off_cup_axis_deg is None or augment.undercut_ml is None or augment.gap_ml is None:
        return ""
    lean = augment.way_out_off_cup_axis_deg
    way = "along the cup's axis" if lean == 0 else f"{lean:.0f}° off the cup's axis"
    return (
        f"goes in {way}; of the gap of {augment.gap_ml:.1f} ml {augment.undercut_ml:.1f} ml lie behind bone on that "
        "way and stay empty, for graft"
    )


def _screws(plan: Plan) -> KeyFinding:
    if not plan.screws:
        return KeyFinding("Screws", "none proposed", (), "check")
    each = tuple(
        f"{number(s.length_mm, '1')} × {s.diameter_mm:g} mm, {s.bone_length_mm:.0f} mm in bone, {s.quadrant}, "
        f"through the {s.through}"
        for s in plan.screws
    )
    return KeyFinding("Screws", str(len(plan.screws)), each)


def _print(certificates: Mapping[str, Certificate]) -> KeyFinding:
    if not certificates:
        return KeyFinding("Printable", "not checked", ("no part to print",))
    details = []
    for name, certificate in certificates.items():
        broken = [rule.name.replace("_", " ") for rule in certificate.rules if rule.verdict == "fail"]
        outcome = "passes every rule" if certificate.printable else "fails: " + (", ".join(broken) or "see the table")
        details.append(f"{structure_name(name)}: {outcome}")
    passed = all(c.printable for c in certificates.values())
    return KeyFinding("Printable", "yes" if passed else "no", tuple(details), "good" if passed else "bad")
