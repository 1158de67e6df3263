"""Classes that the quantities suggest, with the inputs that led to them: the surgeon decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from coxa.anatomy import Status
from coxa.case import Measurement

FOR_THE_SURGEON = "suggested; for the surgeon to decide"
MIGRATION_THRESHOLDS_MM = (20.0, 30.0)
"""Superior migration from which a defect is type III [Paprosky 1994]; texts say 2 or 3 cm: both are reported."""
NO_MIGRATION_MM = 5.0
"""Less is no migration: the native centre of a destroyed hip is not known better [E]."""
KOHLER_BREACH_MM = 2.0
"""Farther medial than this the Köhler line is passed; within it, it is reached [E]."""
TEARDROP_MODERATE, TEARDROP_OBLITERATED = 0.25, 0.75
"""Shares of the teardrop's bone lost from which it is damaged, and gone [E]."""
ISCHIUM_MILD_MM, ISCHIUM_MODERATE_MM, ISCHIUM_SEVERE_MM = 0.0, 7.0, 15.0
"""Lysis below the superior obturator line: more than 0 is mild, from 7 moderate, from 15 severe [Paprosky 1994]."""
SIDEWAYS_MM = 5.0
"""Lateral or medial migration from which a small migration counts as superolateral or medial [E]."""
SEGMENTAL_ARC_DEG = 30.0
"""Lost rim from which a defect is segmental [E]."""
CAVITARY_ML = 5.0
"""Contained loss from which a defect is cavitary [E]."""


@dataclass(frozen=True)
class SuggestedClass:
    """One classification's suggestion.

    Attributes
    ----------
    scheme : str
        ``Paprosky`` or ``AAOS``.
    threshold_mm : float or None
        The migration from which Paprosky's type III begins, where it matters.
    name : str or None
        None exactly when the status says that there is no class.
    status : Status
    reason : str
        That the surgeon decides, and what is unreliable; or what is missing.
    inputs : Mapping[str, str]
        What led to it, in words with numbers.
    """

    scheme: str
    threshold_mm: float | None
    name: str | None
    status: Status
    reason: str
    inputs: Mapping[str, str]

    def __post_init__(self) -> None:
        if self.status.has_value != (self.name is not None):
            raise ValueError(f"{self.scheme}: status '{self.status}' and class disagree")


def suggested_classes(rows: Mapping[str, Measurement]) -> tuple[SuggestedClass, ...]:
    """Suggest Paprosky's class for both published thresholds, and the AAOS type.

    Parameters
    ----------
    rows : Mapping[str, Measurement]
        By metric: ``migration_superior``, ``migration_lateral``, ``teardrop_loss``, ``kohler_breach``,
        ``ischial_lysis``, ``rim_loss_arc``, ``contained_loss``, ``pelvic_discontinuity``.
    """
    needed = ("migration_superior", "migration_lateral", "teardrop_loss", "kohler_breach", "ischial_lysis")
    by_threshold = (_class_of("Paprosky", limit, needed, rows, _paprosky(limit)) for limit in MIGRATION_THRESHOLDS_MM)
    return (*by_threshold, _aaos_class(rows))


def _class_of(
    scheme: str,
    threshold_mm: float | None,
    needed: tuple[str, ...],
    rows: Mapping[str, Measurement],
    rule: Callable[[Mapping[str, float]], str],
) -> SuggestedClass:
    inputs = {name: _in_words(name, rows.get(name)) for name in needed}
    values = {name: row.value for name in needed if (row := rows.get(name)) is not None and row.value is not None}
    missing = [name for name in needed if name not in values]
    if missing:
        reason = "; ".join(f"{name.replace('_', ' ')}: {_why_missing(rows.get(name))}" for name in missing)
        return SuggestedClass(scheme, threshold_mm, None, Status.NOT_MEASURABLE, f"not known: {reason}", inputs)
    unreliable = [name.replace("_", " ") for name in needed if rows[name].status is Status.WARN]
    reason = FOR_THE_SURGEON + (f"; limited reliability: {', '.join(unreliable)}" if unreliable else "")
    status = Status.WARN if unreliable else Status.OK
    return SuggestedClass(scheme, threshold_mm, rule(values), status, reason, inputs)


def _paprosky(threshold_mm: float) -> Callable[[Mapping[str, float]], str]:
    def rule(values: Mapping[str, float]) -> str:
        up, out = values["migration_superior"], values["migration_lateral"]
        teardrop, ischium = values["teardrop_loss"], values["ischial_lysis"]
        disrupted = values["kohler_breach"] > KOHLER_BREACH_MM
        if up >= threshold_mm:
            inward = (out < 0.0, teardrop > TEARDROP_OBLITERATED, disrupted, ischium >= ISCHIUM_SEVERE_MM)
            return "IIIB" if sum(inward) >= 2 else "IIIA"
        if disrupted or teardrop > TEARDROP_OBLITERATED or (teardrop > TEARDROP_MODERATE and out <= -SIDEWAYS_MM):
            return "IIC"
        still = up < NO_MIGRATION_MM and abs(out) < SIDEWAYS_MM
        if still and teardrop <= TEARDROP_MODERATE and ischium <= ISCHIUM_MILD_MM:
            return "I"
        return "IIB" if out >= SIDEWAYS_MM else "IIA"

    return rule


def _aaos_class(rows: Mapping[str, Measurement]) -> SuggestedClass:
    discontinuity = rows.get("pelvic_discontinuity")
    if discontinuity is not None and discontinuity.value == 1.0:
        inputs = {"pelvic_discontinuity": _in_words("pelvic_discontinuity", discontinuity)}
        return SuggestedClass("AAOS", None, "IV", Status.OK, FOR_THE_SURGEON, inputs)
    found = _class_of("AAOS", None, ("rim_loss_arc", "kohler_breach", "contained_loss"), rows, _aaos)
    inputs = {**found.inputs, "pelvic_discontinuity": _in_words("pelvic_discontinuity", discontinuity)}
    if found.name is None or (discontinuity is not None and discontinuity.value is not None):
        return SuggestedClass("AAOS", None, found.name, found.status, found.reason, inputs)
    reason = f"{found.reason}; type IV not assessable: {_why_missing(discontinuity)}"
    return SuggestedClass("AAOS", None, found.name, Status.WARN, reason, inputs)


def _aaos(values: Mapping[str, float]) -> str:
    segmental = values["rim_loss_arc"] >= SEGMENTAL_ARC_DEG or values["kohler_breach"] > KOHLER_BREACH_MM
    cavitary = values["contained_loss"] >= CAVITARY_ML
    return {(True, True): "III", (True, False): "I", (False, True): "II", (False, False): "none"}[segmental, cavitary]


def _in_words(name: str, row: Measurement | None) -> str:
    if row is None or row.value is None:
        return f"not measurable: {_why_missing(row)}"
    value = row.value
    if name == "teardrop_loss":
        grade = "obliterated" if value > TEARDROP_OBLITERATED else "moderate" if value > TEARDROP_MODERATE else "intact"
        return f"{grade}, {100 * value:.0f} % lost"
    if name == "kohler_breach":
        side = "medial of" if value > KOHLER_BREACH_MM else "lateral of" if value < -KOHLER_BREACH_MM else "at"
        return f"{side} the line, {value:+.1f} mm medial"
    if name == "ischial_lysis":
        steps = (
            (ISCHIUM_SEVERE_MM, "severe"),
            (ISCHIUM_MODERATE_MM, "moderate"),
        )
        grade = next((word for limit, word in steps if value >= limit), "mild" if value > ISCHIUM_MILD_MM else "none")
        return f"{grade}, {value:.0f} mm below the obturator line"
    if name == "pelvic_discontinuity":
        return "seen" if value == 1.0 else "not seen"
    return f"{value:.1f} {row.unit}"


def _why_missing(row: Measurement | None) -> str:
    return "it was not measured" if row is None else row.reason or "no reason given"
