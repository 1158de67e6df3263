"""Where on the cup the augment stands: wide enough everywhere to hold it, without narrow arms."""

from __future__ import annotations

import numpy as np

from coxa.geometry.arrays import BoolArray, FloatArray
from coxa.planning.cup.coverage import hemisphere_directions
from coxa.planning.site.operation_site import Site

SAMPLES = 6000
"""Points on the hemisphere: 1 mm apart on a cup of 60 mm."""


def wide_enough(body: BoolArray, site: Site, width_mm: float) -> BoolArray:
    """Return the voxels of a body that lie over a footprint nowhere narrower than ``width_mm`` on the cup's sphere.

    The footprint is the body's projection along the radii. What lies over its narrow arms is left out.

    Parameters
    ----------
    body : ndarray [k, j, i] of bool
    site : Site
    width_mm : float
        Diameter of the cap that must fit in.
    """
    from scipy.spatial import cKDTree

    # in the grid's own axes, so that a left hip is treated as the mirror image of a right one
    rotation = site.grid.direction.T
    directions = hemisphere_directions(rotation @ site.cup_axis_lps, SAMPLES)
    tree = cKDTree(directions)
    k, j, i = np.nonzero(body)
    middle = rotation @ (site.cup_centre_lps_mm - site.grid.origin_lps_mm)
    radial = np.column_stack([i, j, k]) * np.array(site.grid.spacing_mm) - middle
    radial /= np.maximum(np.linalg.norm(radial, axis=1), 1e-9)[:, None]
    sample = tree.query(radial)[1]
    covered = np.zeros(len(directions), dtype=bool)
    covered[sample] = True
    kept = body.copy()
    kept[k, j, i] = _opened_by_cap(covered, directions, 0.5 * width_mm / site.cup_radius_mm)[sample]
    return kept


def _opened_by_cap(covered: BoolArray, directions: FloatArray, angle_rad: float) -> BoolArray:
    """Open a set of directions by a cap of that angular radius; beyond the hemisphere's rim nothing is missing."""
    from scipy.spatial import cKDTree

    if covered.all() or not covered.any():
        return covered
    chord = 2.0 * np.sin(0.5 * angle_rad)
    core: BoolArray = covered & (cKDTree(directions[~covered]).query(directions)[0] > chord)
    if not core.any():
        return np.zeros_like(covered)
    return np.asarray(covered & (cKDTree(directions[core]).query(directions)[0] <= chord))
