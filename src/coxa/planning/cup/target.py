"""Where the rotation centre should be."""

from __future__ import annotations

from coxa.anatomy import Side, landmark_name
from coxa.case import MeasuredCase
from coxa.errors import InputRefusedError
from coxa.geometry.arrays import read_only
from coxa.planning.cup.values import TargetCentre
from coxa.planning.settings.cup_settings import CupSettings


def target_centre(case: MeasuredCase, side: Side, settings: CupSettings) -> TargetCentre:
    """Return where the rotation centre should be: the landmark ``HRC_NATIVE``, else the cup's centre set by hand.

    Raises
    ------
    InputRefusedError
        When neither exists.
    """
    landmark = case.landmarks.points.get(landmark_name("HRC_NATIVE", side))
    if landmark is None or landmark.position_lps_mm is None:
        if settings.cup_centre_lps_mm is not None:
            return TargetCentre(read_only(settings.cup_centre_lps_mm, (3,)), 0.0, "set by hand")
        reason = "it was not looked for" if landmark is None else landmark.reason
        raise InputRefusedError(
            f"the native rotation centre of the {side} hip is not known ({reason}): give the cup's centre by hand "
            "with --cup-center x,y,z in LPS mm"
        )
    return TargetCentre(landmark.point, landmark.uncertainty_mm or 0.0, landmark.method)
