"""The pelvis's points as landmarks: which are there, which have a warning, how sure each is, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from coxa.anatomy import SIDES, SINGLE_LANDMARKS, Landmark, Side, Status, landmark_name
from coxa.case import HipFindings
from coxa.errors import FitError
from coxa.geometry.arrays import FloatArray, unit
from coxa.geometry.surface_points import SurfacePoints
from coxa.landmarks.constellation.agreement import UNUSUAL, Agreement
from coxa.landmarks.constellation.choose import ChosenPoints, Places, choose_together
from coxa.landmarks.constellation.model import Expected
from coxa.landmarks.pelvis import CORNERS, FRAME_STEMS, PelvicPoints, cut_off, find_pelvic_points
from coxa.landmarks.reliability import Surroundings, doubted, widened

MAX_PROMONTORY_FROM_HIPS_MM = 113.0
"""A sacral promontory farther from the hips than this is not believed; ten adults of [Fischer 2023]: 77 to 108 mm."""
PELVIC_STEMS = ("ASIS", "AIIS", "PSIS", "PT", "IS", "IT")
PELVIC_METHOD = "outermost cap of its region in the anterior pelvic frame, iterated"
OTHER_METHOD = "prominence nearest to where the other landmarks put it"
PSY_METHOD = "middle between the facing pubic surfaces"
CUT_OFF = "the bone is cut by the edge of the field of view where it reaches as far out: it may lie beyond"


@dataclass(frozen=True, eq=False)
class FoundPelvis:
    """What was found of the pelvis, or why nothing was.

    Attributes
    ----------
    points : PelvicPoints or None
    reason : str or None
        Why there are none.
    cut_off : tuple of str
        Landmarks that may lie outside the field of view.
    choice : ChosenPoints or None
        After the points were judged by each other.
    """

    points: PelvicPoints | None
    reason: str | None
    cut_off: tuple[str, ...] = ()
    choice: ChosenPoints | None = None

    @property
    def lacking_corners(self) -> tuple[str, ...]:
        """Corners of the anterior pelvic plane that were refused: there is no such plane to measure in."""
        return () if self.points is None else tuple(c for c in CORNERS if c not in self.points.points_lps_mm)

    @property
    def agreement(self) -> Agreement | None:
        """How the points agree with each other; None where they were not compared."""
        return None if self.choice is None else self.choice.agreement


def find_pelvis(points: Mapping[str, SurfacePoints], surroundings: Surroundings, placed: Places) -> FoundPelvis:
    """Find the pelvis's points by their rules, with the placed ones in place."""
    absent = [f"hip_{side}" for side in SIDES if f"hip_{side}" not in points]
    if absent:
        return FoundPelvis(
            None, f"no surface of {' and '.join(absent)}: the anterior pelvic plane needs both hip bones"
        )
    hips = {side: points[f"hip_{side}"] for side in SIDES}
    try:
        found = find_pelvic_points(hips, points.get("sacrum"), placed)
    except FitError as refusal:
        return FoundPelvis(None, str(refusal))
    cut = {side: hip.where(surroundings.at_edge(hip.points_lps_mm)) for side, hip in hips.items()}
    beyond = tuple(name for name in cut_off(cut, found) if name not in placed)
    lost = [name for name in beyond if name.split("_")[0] in FRAME_STEMS]
    if lost:
        return FoundPelvis(None, f"{' and '.join(lost)}: {CUT_OFF}; the anterior pelvic plane needs it")
    kept = {name: place for name, place in found.points_lps_mm.items() if name not in beyond}
    return FoundPelvis(replace(found, points_lps_mm=kept), None, beyond)


def judged_together(
    pelvis: FoundPelvis,
    points: Mapping[str, SurfacePoints],
    hips: Mapping[Side, HipFindings],
    marks: Mapping[str, Landmark],
    placed: Places,
) -> FoundPelvis:
    """Judge the pelvis's points and the native heads by each other; look again for what does not fit."""
    if pelvis.points is None:
        return pelvis
    heads = {
        name: mark.point
        for side in SIDES
        if not hips[side].implant_present
        and hips[side].head is not None
        and (mark := marks[name := landmark_name("HRC", side)]).status is Status.OK
    }
    bones = {side: points[f"hip_{side}"] for side in SIDES}
    # A prosthetic head says where the joint is today, not where this pelvis has it by nature.
    of_pelvis = {n: p for n, p in placed.items() if not (n[:-2] == "HRC" and hips[_side_of(n)].implant_present)}
    choice = choose_together(bones, points.get("sacrum"), pelvis.points, heads, of_pelvis)
    kept = {name: place for name, place in choice.pelvis.points_lps_mm.items() if name not in pelvis.cut_off}
    return replace(pelvis, points=replace(choice.pelvis, points_lps_mm=kept), choice=choice)


def contradicted_heads(pelvis: FoundPelvis, marks: Mapping[str, Landmark], placed: Places) -> dict[str, Landmark]:
    """Return the native heads that do not lie where this pelvis has its hips, with a warning."""
    if pelvis.agreement is None:
        return {}
    found = {}
    for side in SIDES:
        name = landmark_name("HRC", side)
        if name in pelvis.agreement.misfits and name not in placed:
            expected = pelvis.agreement.expected[name]
            apart = float(np.linalg.norm(expected.position_lps_mm - marks[name].point))
            told = f"the landmarks of the pelvis put the hip {apart:.0f} mm away: displaced, or no head"
            found[name] = doubted(marks[name], told, apart)
    return found


def pelvic_landmarks(
    pelvis: FoundPelvis, points: Mapping[str, SurfacePoints], surroundings: Surroundings
) -> dict[str, Landmark]:
    """Return every landmark of the pelvis, found or not."""
    names = [landmark_name(stem, side) for stem in PELVIC_STEMS for side in SIDES] + list(SINGLE_LANDMARKS)
    return {name: _landmark(name, pelvis, points, surroundings) for name in names}


def _landmark(
    name: str, pelvis: FoundPelvis, points: Mapping[str, SurfacePoints], surroundings: Surroundings
) -> Landmark:
    place = None if pelvis.points is None else pelvis.points.points_lps_mm.get(name)
    choice = pelvis.choice
    if place is not None:
        method = PSY_METHOD if name == "PSY" else PELVIC_METHOD
        if choice is None or name not in choice.agreement.expected:
            return surroundings.surface_landmark(name, place, method)
        return _compared(name, place, method, choice, surroundings)
    if name in pelvis.cut_off:
        return Landmark.missing(name, CUT_OFF)
    if name == "SP" and "sacrum" not in points:
        return Landmark.missing(name, "no surface of the sacrum")
    if choice is not None and name in choice.refused:
        expected = choice.agreement.expected.get(name)
        return Landmark.missing(name, _refusal(choice.first[name], expected))
    return Landmark.missing(name, pelvis.reason or "its region holds no bone: out of view or destroyed")


def _compared(name: str, place: FloatArray, method: str, choice: ChosenPoints, surroundings: Surroundings) -> Landmark:
    """Return the landmark, with a warning where the others contradict it."""
    expected = choice.agreement.expected[name]
    apart = float(np.linalg.norm(expected.position_lps_mm - place))
    if name in choice.first:
        gone = float(np.linalg.norm(choice.first[name] - place))
        mark = widened(surroundings.surface_landmark(name, place, OTHER_METHOD), choice.agreement.widening)
        first = _place_text(choice.first[name])
        why = f"its rule gave another place {gone:.0f} mm away ({first}), which the other landmarks contradict"
        return doubted(mark, why, apart)
    mark = widened(surroundings.surface_landmark(name, place, method), choice.agreement.widening)
    if expected.distance_squared <= UNUSUAL:
        return mark
    elsewhere = _place_text(expected.position_lps_mm)
    return doubted(mark, f"the other landmarks put it {apart:.0f} mm away ({elsewhere}), more than is usual", apart)


def _refusal(first: FloatArray, expected: Expected | None) -> str:
    if expected is None:
        return f"the place found ({_place_text(first)}) does not fit the other landmarks"
    apart = float(np.linalg.norm(expected.position_lps_mm - first))
    return (
        f"the place found ({_place_text(first)}) lies {apart:.0f} mm from where the other landmarks put it "
        f"({_place_text(expected.position_lps_mm)}), and no prominence there fits: place it by hand (--landmarks)"
    )


def _place_text(place_lps_mm: FloatArray) -> str:
    return "LPS " + ", ".join(f"{x:.0f}" for x in place_lps_mm)


def _side_of(name: str) -> Side:
    return Side.LEFT if name.endswith("_L") else Side.RIGHT


def plausible_promontory(marks: Mapping[str, Landmark]) -> Landmark:
    """Return the promontory, or why it is none: a sacrum that took the fifth lumbar vertebra along reaches too far."""
    promontory, left, right = (marks[name] for name in ("SP", "HRC_NATIVE_L", "HRC_NATIVE_R"))
    if not all(mark.status.has_value for mark in (promontory, left, right)):
        return promontory
    axis = unit(left.point - right.point)
    offset = promontory.point - right.point
    distance = float(np.linalg.norm(offset - (offset @ axis) * axis))
    if distance <= MAX_PROMONTORY_FROM_HIPS_MM:
        return promontory
    return Landmark.missing(
        "SP",
        f"the point found lies {distance:.0f} mm from the axis through both hips: "
        "the sacrum's surface seems to include the fifth lumbar vertebra",
    )
