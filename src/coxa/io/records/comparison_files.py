"""``comparison.json`` (schema ``coxa.comparison/1``): plan against achieved."""

from __future__ import annotations

from typing import Any

from coxa import __version__
from coxa.io.records.case_files import measurement_to_json
from coxa.planning.postoperative import PostoperativeComparison

SCHEMA = "coxa.comparison/1"


def comparison_to_json(comparison: PostoperativeComparison) -> dict[str, Any]:
    """Return the content of ``comparison.json``; ``plan_from_postoperative`` takes LPS of the scan to the plan's."""
    fit = comparison.fit
    return {
        "schema": SCHEMA,
        "case_id": comparison.case_id,
        "software": {"name": "coxa", "version": __version__},
        "plan_input_sha256": comparison.plan_input_sha256,
        "postoperative_sha256": comparison.postoperative_sha256,
        "side": str(comparison.side),
        "registration": {
            "plan_from_postoperative": fit.plan_from_later.tolist(),
            "rms_mm": fit.rms_mm,
            "same_fraction": fit.same_fraction,
            "shift_uncertainty_left_posterior_superior_mm": fit.shift_uncertainty_mm.tolist(),
            "turn_uncertainty_deg": fit.turn_uncertainty_deg,
            "bones": list(fit.bones),
        },
        "differences": [measurement_to_json(m) for m in comparison.differences],
        "warnings": list(comparison.warnings),
    }
