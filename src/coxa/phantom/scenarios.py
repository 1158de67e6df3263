"""Ready-made phantoms by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from coxa.phantom.parameters import (
    LEFT_SHAPE,
    OSTEOPOROTIC,
    RIGHT_SHAPE,
    HipSide,
    Implant,
    LyticLesion,
    PhantomParameters,
    Pose,
    Scanner,
)

_NATIVE = PhantomParameters()

_MIGRATED = Implant(
    cup_outer_diameter_mm=56.0,
    head_diameter_mm=28.0,
    inclination_deg=54.0,
    anteversion_deg=10.0,
    migration_mm=(4.0, 1.0, 12.0),
    membrane_mm=1.5,
    screws=1,
)
"""A loose cup, moved up and outward, steep, in a membrane."""
_SUPERIOR_LOSS = LyticLesion(offset_mm=(5.0, -3.0, 40.0), radii_mm=(15.0, 20.0, 15.0))
"""Bone gone above the socket."""
_MEDIAL_LOSS = LyticLesion(offset_mm=(-28.0, 2.0, 4.0), radii_mm=(9.0, 15.0, 15.0))
"""Bone gone from the medial wall."""

SCENARIOS: Mapping[str, PhantomParameters] = {
    "native": _NATIVE,
    "native_oblique": replace(_NATIVE, name="native_oblique", pose=Pose((8.0, -4.0, 6.0), (12.0, -30.0, 250.0))),
    "osteoporotic": replace(_NATIVE, name="osteoporotic", bone=OSTEOPOROTIC, pose=Pose((-6.0, 2.0, -3.0)), seed=11),
    "tha_right": replace(
        _NATIVE, name="tha_right", right=HipSide(RIGHT_SHAPE, Implant()), pose=Pose((3.0, 1.0, -2.0)), seed=13
    ),
    "revision_left": replace(
        _NATIVE,
        name="revision_left",
        left=HipSide(LEFT_SHAPE, _MIGRATED, (_SUPERIOR_LOSS, _MEDIAL_LOSS)),
        pose=Pose((-4.0, 2.0, 3.0), (-6.0, 10.0, -40.0)),
        seed=17,
    ),
    "benchmark": replace(
        _NATIVE,
        name="benchmark",
        left=HipSide(LEFT_SHAPE, _MIGRATED, (_SUPERIOR_LOSS, _MEDIAL_LOSS)),
        scanner=Scanner(spacing_mm=(0.8, 0.8, 0.8), field_lps_mm=((-204.4, 204.4), (-140.0, 268.8), (-235.0, 84.4))),
    ),
}
"""By the name that ``coxa phantom --scenario`` takes; "benchmark" is the large scan that ``make bench`` times."""

_SAMPLE_SCANNER = Scanner(
    spacing_mm=(1.3, 1.3, 2.0),
    noise_hu=9.0,
    field_lps_mm=((-159.0, 159.0), (-26.0, 166.0), (-230.0, 76.0)),
)
"""Coarse, quiet and cropped: a sample scan has to be small."""

SAMPLES: Mapping[str, PhantomParameters] = {
    name: replace(SCENARIOS[name], scanner=_SAMPLE_SCANNER) for name in ("native", "revision_left")
}
"""What ``sample_ct/`` holds: cropped to the pelvis and quiet, so that it stays small."""
