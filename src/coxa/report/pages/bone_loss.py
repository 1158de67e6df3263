"""The acetabular bone defect for the page: volumes by sector, radiographic signs, suggested classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coxa.case import Measurement
from coxa.report.pictures.figures import Figure
from coxa.report.pictures.radial_picture import radial_figure
from coxa.report.wording import STATUS_WORDS, value_text

if TYPE_CHECKING:
    from coxa.planning.defect.classes import SuggestedClass
    from coxa.planning.defect.values import Defect
    from coxa.planning.plan import Plan

VOLUME_HEADINGS = (
    "Sector",
    "Reconstructed native bone",
    "Lost",
    "Lost share",
    "Not assessable",
    "Bone beyond native surface",
)
SIGN_NAMES = {
    "rotation_centre_above_obturator": "Rotation centre above the superior obturator line",
    "ischial_lysis": "Ischial lysis below the superior obturator line",
    "teardrop_loss": "Teardrop, lost share of its bone",
    "kohler_breach": "Medial of the Köhler line",
    "rim_loss_arc": "Arc of the rim lost",
    "contained_loss": "Contained (cavitary) loss",
    "pelvic_discontinuity": "Pelvic discontinuity",
}


@dataclass(frozen=True)
class BoneLossPage:
    """What the page shows of the bone defect, as texts.

    Attributes
    ----------
    reason : str or None
        Why there are no volumes, when there are none.
    summary : str
    volumes : tuple of tuple of str
        Rows under `VOLUME_HEADINGS`.
    signs : tuple of (name, value, reason)
    classes : tuple of (scheme, class, reason, inputs)
    figure : Figure or None
        The radial loss graph.
    """

    reason: str | None
    summary: str
    volumes: tuple[tuple[str, ...], ...]
    signs: tuple[tuple[str, str, str], ...]
    classes: tuple[tuple[str, str, str, tuple[str, ...]], ...]
    figure: Figure | None


def bone_loss_page(plan: Plan) -> BoneLossPage:
    """Return the bone loss of a plan in words, numbers and a figure; older plans have less of it."""
    defect, stock = plan.defect, plan.bone_stock
    reason = "no native hemipelvis to compare with" if stock is None or stock.reason is None else stock.reason
    return BoneLossPage(
        reason=reason if defect is None else None,
        summary="" if defect is None else loss_summary(defect),
        volumes=() if defect is None else _volumes(defect),
        signs=() if stock is None else tuple(_sign(sign) for sign in stock.signs),
        classes=() if stock is None else tuple(_class(found) for found in stock.classes),
        figure=None if stock is None or stock.radial is None else radial_figure(stock.radial, plan.side),
    )


def loss_summary(defect: Defect) -> str:
    """Return the volume lost with its uncertainty, the share of it that is seen, and what is not assessable."""
    spread = "" if defect.uncertainty_ml is None else f" ± {defect.uncertainty_ml:.1f}"
    seen = "" if defect.seen_lost_ml is None else f": {defect.seen_lost_ml:.1f} ml seen to be absent"
    hidden = f"; {hidden_text(defect)}" if seen else ""
    return f"{defect.lost_ml:.1f}{spread} ml of native bone lost{seen}{hidden}"


def hidden_text(defect: Defect) -> str:
    """Return the volume that is not assessable because of metal, and how much of it counts as lost."""
    share = f"{100.0 * defect.hidden_lost_share:.0f} %" if 0.0 < defect.hidden_lost_share < 1.0 else "all"
    counted = f", {share} of it counted as lost" if defect.hidden_lost_share > 0.0 else ""
    return f"{defect.unknown_ml:.1f} ml not assessable because of metal artefact{counted}"


def class_text(found: SuggestedClass) -> str:
    """Return a classification's name with its suggestion."""
    limit = "" if found.threshold_mm is None else f" (type III from {found.threshold_mm / 10.0:g} cm)"
    return f"{found.scheme}{limit}: {found.name or STATUS_WORDS[found.status]}"


def _volumes(defect: Defect) -> tuple[tuple[str, ...], ...]:
    rows = [
        _row(
            name,
            defect.native_by_sector_ml.get(name),
            lost,
            defect.unknown_by_sector_ml.get(name),
            defect.new_by_sector_ml.get(name),
        )
        for name, lost in defect.lost_by_sector_ml.items()
    ]
    return (*rows, _row("all", defect.native_ml, defect.lost_ml, defect.unknown_ml, defect.new_ml))


def _row(name: str, native: float | None, lost: float, hidden: float | None, new: float | None) -> tuple[str, ...]:
    share = "–" if not native else f"{100.0 * lost / native:.0f} %"
    return (name, _ml(native), _ml(lost), share, _ml(hidden), _ml(new))


def _ml(volume: float | None) -> str:
    return "–" if volume is None else f"{volume:.1f} ml"


def _sign(sign: Measurement) -> tuple[str, str, str]:
    name = SIGN_NAMES.get(sign.metric, sign.metric.replace("_", " "))
    if sign.value is None:
        return name, STATUS_WORDS[sign.status], sign.reason or ""
    if sign.metric == "pelvic_discontinuity":
        return name, "seen" if sign.value == 1.0 else "not seen", sign.definition.partition("; ")[2]
    if sign.unit == "1":
        spread = "" if sign.uncertainty is None else f" ± {100.0 * sign.uncertainty:.0f}"
        return name, f"{100.0 * sign.value:.0f}{spread} %", sign.reason or ""
    return name, value_text(sign), sign.reason or ""


def _class(found: SuggestedClass) -> tuple[str, str, str, tuple[str, ...]]:
    scheme, _, name = class_text(found).partition(": ")
    return scheme, name, found.reason, tuple(f"{key.replace('_', ' ')}: {text}" for key, text in found.inputs.items())
