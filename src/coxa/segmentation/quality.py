"""What a segmentation says of itself: volume, border contact, density, surface, metal nearby, what the checks found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from scipy import ndimage as ndi
from scipy.spatial import cKDTree

from coxa.anatomy import BONES, METAL, UNKNOWN, Status
from coxa.geometry.arrays import IntArray
from coxa.geometry.blocks import Block, margin_voxels, within
from coxa.labels import Finding, Segmentation, StructureQuality
from coxa.segmentation.bones.surface_uncertainty import REACH_MM, surface_uncertainty, surface_voxels
from coxa.segmentation.checks.judge import DISAGREES, findings_by_bone, worst_status
from coxa.segmentation.checks.scene import CheckedBones
from coxa.segmentation.metal.not_assessable import BONE_WITHIN_MM, halo_mm
from coxa.volume import Volume

PLAUSIBLE_VOLUME_ML = {"hip": (150.0, 600.0), "sacrum": (90.0, 400.0), "femur": (25.0, 700.0)}
"""Adult bones as far as a pelvic scan shows them [E]; the femur depends on where the scan ends."""
PLAUSIBLE_MEAN_HU = (80.0, 900.0)
"""Whole bones, osteoporotic to dense [E]."""
CONTAMINATED_SHARE = 0.05
"""More of the surface beside metal than this share makes a bone to be checked [E]."""
UNRELIABLE_SURFACE_MM = 2.0
"""A surface of which a tenth may be further off than this is to be checked [E]."""


def judged(segmentation: Segmentation, volume: Volume, worst: Status = Status.FAILED) -> tuple[StructureQuality, ...]:
    """Return the quality of every structure as :func:`assess` does, with what the checks of anatomy found of it.

    Parameters
    ----------
    segmentation : Segmentation
    volume : Volume
    worst : Status
        ``failed`` for the masks of a program; ``warn`` for a person's own labels, which may overrule a check.
    """
    found = findings_by_bone(CheckedBones.of(segmentation, volume))
    return tuple(_with_findings(q, found.get(q.name, ()), worst) for q in assess(segmentation, volume))


def _with_findings(quality: StructureQuality, findings: tuple[Finding, ...], worst: Status) -> StructureQuality:
    """Return the quality with the findings: the worst status, failures first, and an uncertainty that covers them."""
    if worst is not Status.FAILED:
        findings = tuple(replace(f, status=worst) if f.status is Status.FAILED else f for f in findings)
    against = sorted((f for f in findings if f.status in DISAGREES), key=lambda f: f.status is not Status.FAILED)
    if not against:
        return replace(quality, findings=findings)
    told = [f.reason for f in against if f.reason]
    reason = "; ".join([*told, *([quality.reason] if quality.reason else [])])
    reach = max((f.reach_mm for f in against if f.reach_mm is not None), default=0.0)
    surface = quality.surface_uncertainty
    if surface is not None and reach > surface.p90_mm:
        surface = replace(surface, p90_mm=reach)
    return replace(
        quality, status=worst_status(findings), reason=reason, surface_uncertainty=surface, findings=findings
    )


def assess(segmentation: Segmentation, volume: Volume) -> tuple[StructureQuality, ...]:
    """Return the quality of every bone, absent ones included, of metal, and of what is unknown."""
    blocks = _blocks(segmentation)
    unknown_ml = _unknown_by_bone(segmentation, blocks)

    def assess_bone(name: str) -> StructureQuality:
        if name not in blocks:
            return _absent(name)
        return _assess_bone(name, blocks[name], segmentation, volume, blocks.get(METAL), unknown_ml.get(name, 0.0))

    with ThreadPoolExecutor() as threads:
        bones = list(threads.map(assess_bone, BONES))
    return (
        *bones,
        *(_assess_rest(name, blocks[name], segmentation, volume) for name in (METAL, UNKNOWN) if name in blocks),
    )


def _absent(name: str) -> StructureQuality:
    return StructureQuality(name, 0.0, False, 0.0, 0.0, Status.NOT_MEASURABLE, "not found in the scan")


def _assess_rest(name: str, block: Block, segmentation: Segmentation, volume: Volume) -> StructureQuality:
    """Return volume and density of metal or of the unknown, which are wholly within the halo by definition."""
    ml, mean_hu = _amount(name, block, segmentation, volume)
    unknown_ml = ml if name == UNKNOWN else 0.0
    border = _touches_border(block, segmentation)
    return StructureQuality(name, ml, border, mean_hu, 1.0, Status.OK, unknown_ml=unknown_ml)


def _assess_bone(
    name: str, block: Block, segmentation: Segmentation, volume: Volume, metal: Block | None, unknown_ml: float
) -> StructureQuality:
    ml, mean_hu = _amount(name, block, segmentation, volume)
    wide = _widened(block, segmentation, REACH_MM)
    mask = segmentation.mask_in(wide, name)
    surface = surface_voxels(mask)
    contamination = 0.0 if metal is None else _share_near_metal(surface, wide, segmentation)
    others = np.isin(segmentation.labels[wide], [v for other in BONES for v in segmentation.values_of(other)]) & ~mask
    uncertainty = surface_uncertainty(mask, others, volume.hu[wide], segmentation.grid)
    border = _touches_border(block, segmentation)
    reasons = []
    low, high = PLAUSIBLE_VOLUME_ML[name.split("_")[0]]
    if not low <= ml <= high:
        reasons.append(f"volume {ml:.0f} ml is outside {low:.0f} to {high:.0f} ml")
    if not PLAUSIBLE_MEAN_HU[0] <= mean_hu <= PLAUSIBLE_MEAN_HU[1]:
        reasons.append(f"mean density {mean_hu:.0f} HU is not that of a whole bone")
    if border and not name.startswith("femur"):
        reasons.append("cut by the edge of the field of view")
    if uncertainty is not None and uncertainty.p90_mm >= UNRELIABLE_SURFACE_MM:
        reasons.append(f"a tenth of its surface may be off by {uncertainty.p90_mm:.1f} mm and more")
    if contamination > CONTAMINATED_SHARE:
        reach = halo_mm(segmentation.grid)
        reasons.append(
            f"{100 * contamination:.0f} % of its surface is within {reach:.1f} mm of metal "
            f"or not assessable because of it"
        )
        if unknown_ml > 0:
            reasons.append(f"{unknown_ml:.1f} ml near it not assessable because of metal artefact")
    status = Status.WARN if reasons else Status.OK
    reason = "; ".join(reasons) or None
    return StructureQuality(name, ml, border, mean_hu, contamination, status, reason, uncertainty, unknown_ml)


def _blocks(segmentation: Segmentation) -> dict[str, Block]:
    """Return the block around each bone, all metal, and the unknown, as far as they are there."""
    boxes = ndi.find_objects(segmentation.labels)
    blocks = {}
    for name in (*BONES, METAL, UNKNOWN):
        own = [boxes[v - 1] for v in segmentation.values_of(name) if v <= len(boxes) and boxes[v - 1] is not None]
        if own:
            k, j, i = (slice(min(s.start for s in axis), max(s.stop for s in axis)) for axis in zip(*own, strict=True))
            blocks[name] = (k, j, i)
    return blocks


def _share_near_metal(surface: IntArray, block: Block, segmentation: Segmentation) -> float:
    """Return the share of surface voxels (N, 3) of a block that lie in the metal's halo or beside the unknown."""
    grid = segmentation.grid
    near = within(segmentation.mask_in(block, METAL), grid, halo_mm(grid))
    near |= within(segmentation.mask_in(block, UNKNOWN), grid, max(grid.spacing_mm))
    return float(near[tuple(surface.T)].mean()) if len(surface) else 0.0


def _unknown_by_bone(segmentation: Segmentation, blocks: dict[str, Block]) -> dict[str, float]:
    """Return the volume of the unknown that lies nearer to each bone than to the others; far from all, to none."""
    if UNKNOWN not in blocks:
        return {}
    step_mm = np.array(segmentation.grid.spacing_mm[::-1])
    near = _widened(blocks[UNKNOWN], segmentation, BONE_WITHIN_MM)
    unknown = np.argwhere(segmentation.mask_in(near, UNKNOWN))
    names, gaps = [], []
    for name in BONES:
        surface = surface_voxels(segmentation.mask_in(near, name))
        if len(surface):
            gap = cKDTree(surface * step_mm).query(unknown * step_mm, distance_upper_bound=BONE_WITHIN_MM)[0]
            names.append(name)
            gaps.append(gap)
    if not names:
        return {}
    nearest = np.where(np.isfinite(np.min(gaps, axis=0)), np.argmin(gaps, axis=0), -1)
    return {name: float((nearest == n).sum()) * segmentation.grid.voxel_volume_ml for n, name in enumerate(names)}


def _widened(block: Block, segmentation: Segmentation, reach_mm: float) -> Block:
    margins = margin_voxels(reach_mm, segmentation.grid)
    k, j, i = (
        slice(max(0, s.start - m), min(n, s.stop + m))
        for s, m, n in zip(block, margins, segmentation.labels.shape, strict=True)
    )
    return k, j, i


def _amount(name: str, block: Block, segmentation: Segmentation, volume: Volume) -> tuple[float, float]:
    """Return volume in ml and mean HU."""
    hu = volume.hu[block][segmentation.mask_in(block, name)]
    return len(hu) * segmentation.grid.voxel_volume_ml, float(hu.mean())


def _touches_border(block: Block, segmentation: Segmentation) -> bool:
    return any(s.start == 0 or s.stop >= n for s, n in zip(block, segmentation.labels.shape, strict=True))
