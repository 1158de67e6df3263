"""The straight line, named: each function runs its stages in order and returns frozen values.

Nothing here reads or writes files; :mod:`coxa.io` loads the scan and :mod:`coxa.case_folder` writes the results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from coxa.anatomy import SIDES, Side, Status
from coxa.errors import InputRefusedError

if TYPE_CHECKING:
    from coxa.case import MeasuredCase
    from coxa.geometry.arrays import FloatArray
    from coxa.geometry.mesh import Mesh
    from coxa.io.scan import Scan
    from coxa.labels import Segmentation
    from coxa.landmarks.centres.shape_model import HipAtlas
    from coxa.manufacturing import Certificate
    from coxa.planning import PlannedReconstruction, PlanSettings
    from coxa.planning.screws.vessels import VesselMask
    from coxa.segmentation import Backend

Progress = Callable[[str], None]
"""Called with the name of each stage as it begins."""

MEASURE_STAGES = ("segment", "surfaces", "landmarks", "measure")
PLAN_STAGES = (*MEASURE_STAGES, "plan", "print check")

CORE_METRICS = ("rotation_centre_height", "rotation_centre_horizontal")
"""What every hip must yield, in the APP frame, for a scan to count as completely measured."""
CUP_METRICS = ("cup_inclination_radiographic", "cup_anteversion_radiographic")
"""What a hip with an implant must yield besides."""


@dataclass(frozen=True, eq=False)
class MeasuredScan:
    """A measured scan with the values its numbers were taken from; meshes in LPS mm, by structure name.

    A bone whose segmentation failed has labels and no mesh: nothing is measured from it.
    """

    segmentation: Segmentation
    surfaces: Mapping[str, Mesh]
    case: MeasuredCase


@dataclass(frozen=True, eq=False)
class PlannedScan:
    """A planned reconstruction on a measured scan, with a print certificate by part name."""

    measured: MeasuredScan
    planned: PlannedReconstruction
    certificates: Mapping[str, Certificate]


def quiet(stage: str) -> None:
    """Take no notice of a stage: the default progress."""


def pseudonym(input_sha256: str) -> str:
    """Return a case name made of the voxels alone: it cannot be traced to a person, and a rerun gives the same."""
    return f"case-{input_sha256[:10]}"


def measure_scan(
    scan: Scan,
    *,
    segmentation: Segmentation | None = None,
    backend: str | Backend = "classic",
    case_id: str | None = None,
    atlas: HipAtlas | None = None,
    placed: Mapping[str, FloatArray] | None = None,
    progress: Progress = quiet,
) -> MeasuredScan:
    """Segment (unless a segmentation is given), find landmarks and measure.

    Parameters
    ----------
    scan : Scan
    segmentation : Segmentation, optional
        On the scan's own grid; takes the place of the ``segment`` stage.
    backend : str or Backend
        The segmentation back-end: its name, or one of one's own.
    case_id : str, optional
        Pseudonym for the results; made from the voxels' hash when not given.
    atlas : HipAtlas, optional
        Shape models for hips without an intact side to mirror.
    placed : Mapping[str, ndarray (3,)], optional
        Landmarks that a person placed, by contract name, LPS mm; those that lie where Coxa finds them change nothing.
    progress : Progress
        Hears each of `MEASURE_STAGES`.

    Raises
    ------
    InputRefusedError
        When the segmentation lies on another grid than the scan, or a stage refuses the scan.
    """
    from coxa.case import MeasuredCase
    from coxa.landmarks import find_corrected_landmarks
    from coxa.landmarks.bone_warnings import with_bone_warnings
    from coxa.measure import measure
    from coxa.segmentation import segment
    from coxa.segmentation.metal.not_assessable import mark_unknown
    from coxa.surface import extract_surfaces

    grid = scan.volume.grid
    progress("segment")
    if segmentation is None:
        segmentation = segment(scan.volume, backend=backend)
    elif not segmentation.grid.matches(grid):
        raise InputRefusedError(
            "the segmentation lies on another voxel grid than the scan: give the one that was made on this scan, "
            "or leave --segmentation out"
        )
    else:
        segmentation = mark_unknown(segmentation)
    progress("surfaces")
    failed = {quality.name for quality in segmentation.failed}
    surfaces = {name: mesh for name, mesh in extract_surfaces(segmentation).items() if name not in failed}
    progress("landmarks")
    found = find_corrected_landmarks(surfaces, grid, atlas, placed or {})
    landmarks = with_bone_warnings(found, segmentation.quality)
    progress("measure")
    measurements = measure(landmarks, surfaces)
    warnings = (*scan.warnings, *_segmentation_warnings(segmentation))
    case = MeasuredCase(case_id or pseudonym(scan.sha256), scan.sha256, grid, warnings, landmarks, measurements)
    return MeasuredScan(segmentation, surfaces, case)


def plan_scan(
    scan: Scan,
    measured: MeasuredScan,
    side: Side,
    settings: PlanSettings,
    *,
    vessels: VesselMask | None = None,
    atlas: HipAtlas | None = None,
    process: str = "lpbf",
    progress: Progress = quiet,
) -> PlannedScan:
    """Propose a reconstruction of one hip of a measured scan and check its printed parts.

    The case gains ``defect_volume``, its sectors, and the other figures of the bone that is left.

    Parameters
    ----------
    scan : Scan
    measured : MeasuredScan
        Of that scan.
    side : Side
    settings : PlanSettings
    vessels : VesselMask, optional
        That screws must keep away from; on any grid.
    atlas : HipAtlas, optional
        Shape models that rebuild the native hip bone when the other hip is operated on too.
    process : str
        ``lpbf`` or ``ebm``.
    progress : Progress
        Hears the two stages that `PLAN_STAGES` has beyond `MEASURE_STAGES`.

    Raises
    ------
    CoxaError
        When no plan can be proposed; the message says what is missing.
    """
    from coxa.manufacturing import check_mesh
    from coxa.planning import propose_plan
    from coxa.planning.defect.bone_stock import defect_measurements
    from coxa.planning.plan import PRINTED_PARTS
    from coxa.planning.propose import side_warning

    progress("plan")
    _require_trusted_hips(measured.segmentation)
    warning = side_warning(measured.case.landmarks, side)
    if warning is not None:
        measured = replace(measured, case=replace(measured.case, warnings=(*measured.case.warnings, warning)))
    planned = propose_plan(
        measured.case, scan.volume, measured.segmentation, measured.surfaces, side, settings, vessels, atlas
    )
    progress("print check")
    printed = {name: planned.meshes[name] for name in PRINTED_PARTS if name in planned.meshes}
    certificates = {name: check_mesh(mesh, process) for name, mesh in printed.items()}
    rows = (*measured.case.measurements, *defect_measurements(planned.plan.defect, planned.plan.bone_stock, side))
    extended = replace(measured, case=replace(measured.case, measurements=rows))
    return PlannedScan(extended, planned, certificates)


def failed_structures(segmentation: Segmentation) -> tuple[str, ...]:
    """Say which structures failed, why, and what to do: their measurements are missing."""
    from coxa.labels import failure_text

    return tuple(failure_text(quality) for quality in segmentation.failed)


def _require_trusted_hips(segmentation: Segmentation) -> None:
    from coxa.labels import failure_text

    failed = [failure_text(quality) for quality in segmentation.failed if quality.name.startswith("hip")]
    if failed:
        raise InputRefusedError(f"no plan without both hip bones: {'; '.join(failed)}")


def missing_results(case: MeasuredCase) -> tuple[str, ...]:
    """Say what a completely measured case would hold and this one does not, each with its reason.

    That is `CORE_METRICS` of both hips and `CUP_METRICS` of each hip with an implant, in the APP frame. All other
    measurements may be not measurable without making the case incomplete: a short scan has no lesser trochanter.
    """
    missing = []
    for side in SIDES:
        implant = case.find("implant_present", side)
        has_implant = implant is not None and implant.value == 1.0
        for metric in CORE_METRICS + (CUP_METRICS if has_implant else ()):
            found = case.find(metric, side, "app")
            if found is None or not found.status.has_value:
                missing.append(f"{metric} {side}: {found.reason if found else 'not reported'}")
    return tuple(missing)


def _segmentation_warnings(segmentation: Segmentation) -> tuple[str, ...]:
    bones = (f"{q.name}: {q.reason}" for q in segmentation.quality if q.status is not Status.OK and q.reason)
    return (*segmentation.warnings, *bones)
