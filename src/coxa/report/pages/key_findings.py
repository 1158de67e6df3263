"""The key figures of a case and its plan, each under the section of the report that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from coxa.anatomy import SIDES, Side, landmark_name
from coxa.case import MeasuredCase, Measurement
from coxa.geometry.frames import Frame
from coxa.report.pages.bone_loss import class_text, hidden_text
from coxa.report.wording import FRAME_NAMES, estimate_name, has_value, number, short_text, structure_name, value_text

if TYPE_CHECKING:
    from coxa.manufacturing import Certificate
    from coxa.planning.augment.values import Augment
    from coxa.planning.cup.values import Coverage
    from coxa.planning.plan import Plan

HOST_COVERAGE_GOOD = 0.70
"""Share of host bone behind the cup from which its coverage is marked as good [E]."""
HOST_COVERAGE_LEAST = 0.50
"""Under this share it is marked as low [Lakstein 2009]."""

CUP_ANGLES = ("inclination", "anteversion")

Tone = Literal["plain", "good", "check", "bad"]
Section = Literal["present", "target", "cup", "defect", "augment", "screws", "manufacturing"]


@dataclass(frozen=True)
class KeyFinding:
    """One quantity with its value, its details and a rating.

    Attributes
    ----------
    section : str
        Where in the report it stands.
    label : str
        A noun.
    finding : str
        The value with its unit, or why there is none.
    details : tuple of str
    tone : str
        How the page colours it.
    """

    section: Section
    label: str
    finding: str
    details: tuple[str, ...] = ()
    tone: Tone = "plain"


def key_findings(case: MeasuredCase, plan: Plan | None, certificates: Mapping[str, Certificate]) -> list[KeyFinding]:
    """Return the key figures in the order of the report's sections."""
    sides = SIDES if plan is None else (plan.side,)
    found = [finding for side in sides for finding in _present(case, side, named=plan is None)]
    if plan is None:
        legs = case.find("leg_length_difference")
        reason = [legs.reason] if legs is not None and legs.reason else []
        details = ("left minus right", *reason)
        return [*found, KeyFinding("present", "Leg length difference", short_text(legs), details)]
    return [
        *found,
        _target(case, plan),
        _cup(plan),
        _defect(plan),
        _augment(plan),
        _screws(plan),
        _print(certificates),
    ]


def _present(case: MeasuredCase, side: Side, *, named: bool) -> list[KeyFinding]:
    suffix = f", {side}" if named else ""
    hip = case.landmarks.hips.get(side.value)
    extra = [_hip_words(case, side)]
    if hip is not None and hip.implant_present:
        angles = (f"{n} {short_text(case.find(f'cup_{n}_radiographic', side, Frame.APP))}" for n in CUP_ANGLES)
        extra.append(f"current cup, radiographic: {', '.join(angles)}")
    here = _centre(case, side, "", extra)
    moves = {d: case.find(f"migration_{d}", side, Frame.APP) for d in ("superior", "lateral", "posterior")}
    known = {d: m for d, m in moves.items() if has_value(m)}
    if len(known) == len(moves):
        finding = ", ".join(_displacement(d, m) for d, m in known.items())
        details = ["current minus native rotation centre", *sorted({m.reason for m in known.values() if m.reason})]
    else:
        missing = next((m for m in moves.values() if not has_value(m)), None)
        finding, details = short_text(missing), [missing.reason] if missing is not None and missing.reason else []
    return [
        KeyFinding("present", f"Current rotation centre{suffix}", *here),
        KeyFinding("present", f"Migration of the rotation centre{suffix}", finding, tuple(details)),
    ]


def _centre(case: MeasuredCase, side: Side, prefix: str, extra: list[str]) -> tuple[str, tuple[str, ...], Tone]:
    """Return value, details and tone for a rotation centre by its height and horizontal position."""
    height, horizontal = (case.find(f"{prefix}rotation_centre_{n}", side, Frame.APP) for n in ("height", "horizontal"))
    if not has_value(height):
        reason = [height.reason] if height is not None and height.reason else []
        return short_text(height), tuple(reason + extra), "check"
    return f"height {value_text(height)}", (f"horizontal position {short_text(horizontal)}", *extra), "plain"


def _hip_words(case: MeasuredCase, side: Side) -> str:
    hip = case.landmarks.hips.get(side.value)
    diameter = case.find("head_diameter", side)
    if hip is None:
        return "hip not examined"
    what = "prosthetic head" if hip.implant_present else "native head"
    return f"{what}, diameter {short_text(diameter)}" if hip.head is not None else f"no head found: {hip.reason}"


def _displacement(axis: str, measured: Measurement) -> str:
    opposite = {"superior": "inferior", "lateral": "medial", "posterior": "anterior"}[axis]
    value = float(measured.value or 0.0)
    spread = "" if measured.uncertainty is None else f" ± {measured.uncertainty:.1f}"
    return f"{abs(value):.1f}{spread} mm {axis if value >= 0 else opposite}"


def _target(case: MeasuredCase, plan: Plan) -> KeyFinding:
    extra = [f"method: {plan.target.source}; position ± {plan.target.uncertainty_mm:.1f} mm"]
    native = case.landmarks.points.get(landmark_name("HRC_NATIVE", plan.side))
    if native is not None and native.reason:
        extra.append(native.reason)
    if native is not None and native.status.has_value:
        others = [
            estimate for estimate in native.estimates if not estimate.chosen and estimate.position_lps_mm is not None
        ]
        apart = [f"{estimate_name(estimate)} {estimate.apart_mm(native.point):.1f} mm" for estimate in others]
        extra += [f"distance of the other estimates: {', '.join(apart)}"] if apart else []
    return KeyFinding("target", "Target rotation centre", *_centre(case, plan.side, "native_", extra))


def _defect(plan: Plan) -> KeyFinding:
    defect, stock = plan.defect, plan.bone_stock
    if defect is None:
        reason = "no native hemipelvis to compare with" if stock is None or stock.reason is None else stock.reason
        return KeyFinding("defect", "Bone defect", "not measurable", (reason,), "check")
    sectors = ", ".join(f"{name} {ml:.1f} ml" for name, ml in defect.lost_by_sector_ml.items())
    spread = "" if defect.uncertainty_ml is None else f" ± {defect.uncertainty_ml:.1f}"
    details = [
        f"host bone: {defect.kept_ml:.1f} of {defect.native_ml:.1f} ml of the native bone around the acetabulum",
        hidden_text(defect),
        f"lost by sector: {sectors}",
        f"bone beyond the native surface: {defect.new_ml:.1f} ml",
        f"method: {defect.method}",
    ]
    if stock is not None:
        details += [f"{class_text(found)} ({found.reason})" for found in stock.classes]
    return KeyFinding("defect", "Bone defect", f"{defect.lost_ml:.1f}{spread} ml of native bone lost", tuple(details))


def _cup(plan: Plan) -> KeyFinding:
    cup = plan.cup
    angles = (
        f"inclination {cup.inclination_radiographic_deg:.1f}°, anteversion {cup.anteversion_radiographic_deg:.1f}° "
        f"(radiographic, {FRAME_NAMES.get(cup.angle_frame, cup.angle_frame)})"
    )
    others = _other_cups(plan)
    if not plan.coverage:
        details = (angles, "coverage not evaluated", *others)
        return KeyFinding("cup", "Cup", f"{cup.outer_diameter_mm:g} mm", details, "check")
    contact = min(plan.coverage, key=lambda c: c.tolerance_mm)
    tone: Tone = "good" if contact.host_fraction >= HOST_COVERAGE_GOOD else "check"
    if contact.host_fraction < HOST_COVERAGE_LEAST:
        tone = "bad"
    finding = f"{cup.outer_diameter_mm:g} mm, host-bone contact {100 * contact.host_fraction:.0f} %"
    return KeyFinding("cup", "Cup", finding, (angles, coverage_text(contact), *others), tone)


def _other_cups(plan: Plan) -> list[str]:
    """Return the cup's position, its reamed diameter and its alternatives."""
    found = []
    press_fit = plan.settings.get("press_fit_mm")
    if isinstance(press_fit, float):
        found.append(f"reamed diameter {plan.cup.outer_diameter_mm - press_fit:g} mm, press fit {press_fit:g} mm")
    if plan.cup_choice is None:
        return found
    figures = plan.cup_choice.proposal.figures
    wall = figures.medial_wall_words
    found.append(f"offset from target centre {figures.centre_distance_mm:.1f} mm; medial wall behind the cup: {wall}")
    found += [
        f"alternative, {option.name}: {option.cup.outer_diameter_mm:g} mm, offset "
        f"{option.figures.centre_distance_mm:.1f} mm, host bone {100 * option.figures.host_fraction_1mm:.0f} %"
        for option in plan.cup_choice.alternatives
    ]
    return found


def coverage_text(coverage: Coverage) -> str:
    """Return the shares of the cup's surface by what supports it."""
    return (
        f"contact within {coverage.tolerance_mm:g} mm: host bone {100 * coverage.host_fraction:.0f} %, "
        f"augment {100 * coverage.augment_fraction:.0f} %, unsupported {100 * coverage.unsupported_fraction:.0f} %"
    )


def _augment(plan: Plan) -> KeyFinding:
    augment = plan.augment
    if not augment.needed:
        by_choice = augment.parameters.get("augment_type") == "none"
        return KeyFinding("augment", "Augment", "none, by choice" if by_choice else "none needed", (augment.reason,))
    details = (
        f"solid {augment.solid_volume_ml:.1f} ml, porous {augment.porous_volume_ml:.1f} ml "
        f"(porosity {100 * augment.porosity:.0f} %)",
        augment.elements,
        insertion_text(augment),
        f"flange: {augment.flanges}" if augment.flanges else "",
        augment.reason,
    )
    name = augment.kind or "custom"
    return KeyFinding("augment", "Augment", f"{name}, {augment.volume_ml:.1f} ml", tuple(d for d in details if d))


def insertion_text(augment: Augment) -> str:
    """Return the direction of insertion and the undercut volume of the gap; an empty text for older plans."""
    if augment.way_out_off_cup_axis_deg is None or augment.undercut_ml is None or augment.gap_ml is None:
        return ""
    lean = augment.way_out_off_cup_axis_deg
    direction = "along the cup axis" if lean == 0 else f"{lean:.1f}° to the cup axis"
    return (
        f"direction of insertion {direction}; undercut volume {augment.undercut_ml:.1f} of the gap's "
        f"{augment.gap_ml:.1f} ml, left for bone graft"
    )


def _screws(plan: Plan) -> KeyFinding:
    if not plan.screws:
        return KeyFinding("screws", "Screws", "none proposed", (), "check")
    each = tuple(
        f"{s.diameter_mm:g} × {number(s.length_mm, '1')} mm, {s.bone_length_mm:.1f} mm in bone, {s.quadrant}, "
        f"through the {s.through}"
        for s in plan.screws
    )
    return KeyFinding("screws", "Screws", str(len(plan.screws)), each)


def _print(certificates: Mapping[str, Certificate]) -> KeyFinding:
    if not certificates:
        return KeyFinding("manufacturing", "Print check", "not checked", ("no part to print",))
    details = []
    for name, certificate in certificates.items():
        broken = [rule.name.replace("_", " ") for rule in certificate.rules if rule.verdict == "fail"]
        outcome = "passes every rule" if certificate.printable else "fails: " + (", ".join(broken) or "see the table")
        details.append(f"{structure_name(name)}: {outcome}")
    passed = all(c.printable for c in certificates.values())
    finding = "printable" if passed else "not printable"
    tone: Tone = "good" if passed else "bad"
    return KeyFinding("manufacturing", "Print check", finding, tuple(details), tone)
