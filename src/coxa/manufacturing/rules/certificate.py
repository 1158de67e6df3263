"""The outcome of a print check, rule by rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

SCHEMA = "coxa.print_certificate/1"


class Verdict(StrEnum):
    """What a rule says. ``info`` states a figure without judging; ``not_checked`` says why it has none."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    INFO = "info"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True)
class Rule:
    """One rule applied to one mesh.

    Attributes
    ----------
    name : str
    value : float, str or None
        None when it could not be checked.
    limit : float, str or None
    unit : str
        ``mm``, ``mm2``, ``ml``, ``g`` or ``1``.
    verdict : Verdict
    where : str
        The place (LPS mm) or what was seen, in words.
    places_lps_mm : tuple of (float, float, float)
        The first places, for pictures and programs.
    """

    name: str
    value: float | str | None
    limit: float | str | None
    unit: str
    verdict: Verdict
    where: str = ""
    places_lps_mm: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class Certificate:
    """All rules of one process applied to one mesh."""

    process: str
    rules: tuple[Rule, ...]

    @property
    def printable(self) -> bool:
        """True when no rule fails."""
        return not any(rule.verdict is Verdict.FAIL for rule in self.rules)

    def rule(self, name: str) -> Rule:
        """Return the rule of that name.

        Raises
        ------
        KeyError
            When there is none.
        """
        for rule in self.rules:
            if rule.name == name:
                return rule
        raise KeyError(name)

    def document(self) -> dict[str, Any]:
        """Return the certificate as plain values, ready for JSON."""
        rules = [asdict(rule) | {"verdict": str(rule.verdict)} for rule in self.rules]
        return {"schema": SCHEMA, "process": self.process, "printable": self.printable, "rules": rules}


def failed_certificates(certificates: Mapping[str, Certificate]) -> tuple[str, ...]:
    """Say which rule each unprintable part breaks, with the value, the limit and the place."""
    failed = []
    for name, certificate in certificates.items():
        for rule in (r for r in certificate.rules if r.verdict == "fail"):
            found, limit = (f"{x:.3g}" if isinstance(x, float) else str(x) for x in (rule.value, rule.limit))
            what = rule.name.replace("_", " ")
            failed.append(f"{name} is not printable: {what} {found}, limit {limit} ({rule.unit}), {rule.where}")
    return tuple(failed)
