"""Results as JSON: the content of ``cohort.json`` and ``agreement.json``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from coxa.cohort.agreement_tables import MetricAgreement
from coxa.cohort.study import Study

COHORT_SCHEMA = "coxa.cohort/1"
AGREEMENT_SCHEMA = "coxa.agreement/1"


def study_document(study: Study, version: str) -> dict[str, Any]:
    """Return the content of ``cohort.json``; no patient's values or names."""
    table = study.table
    return {
        "schema": COHORT_SCHEMA,
        "software": {"name": "coxa", "version": version},
        "title": study.schema.title,
        "note": study.schema.note,
        "groups": [{"label": g, "n": n} for g, n in zip(study.labels, study.sizes, strict=True)],
        "study_schema": _finite(asdict(study.schema)),
        "between": [_finite(asdict(c)) for c in study.between],
        "baseline": [_finite(asdict(c)) for c in study.baseline],
        "within": [_finite(asdict(c)) for c in study.within],
        "adjusted": [_finite(asdict(a)) for a in study.adjusted],
        "ignored_columns": list(table.ignored) if table is not None else [],
        "remarks": list(study.remarks),
    }


def agreement_document(found: Sequence[MetricAgreement], version: str) -> dict[str, Any]:
    """Return the content of ``agreement.json``; the pairs themselves stay out."""
    return {
        "schema": AGREEMENT_SCHEMA,
        "software": {"name": "coxa", "version": version},
        "metrics": [_metric(m) for m in found],
    }


def _metric(found: MetricAgreement) -> dict[str, Any]:
    record = asdict(found)
    numbers = record.pop("agreement")
    if numbers is not None:
        numbers.pop("differences")
        numbers.pop("means")
    return {**_finite(record), "agreement": _finite(numbers)}


def _finite(value: Any) -> Any:
    """Return the value with None where a number is infinite: an open end of a range or of an interval."""
    if isinstance(value, dict):
        return {key: _finite(x) for key, x in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(x) for x in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
