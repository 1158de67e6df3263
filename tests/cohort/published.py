"""Data and results that others published, and the founding study's printed table."""

import numpy as np

SLEEP_1 = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
SLEEP_2 = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
"""Student (1908); results as printed in R's documentation of ``t.test``."""

PERMEABILITY_TERM = np.array([0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46])
PERMEABILITY_EARLY = np.array([1.15, 0.88, 0.90, 0.74, 1.21])
"""Hollander and Wolfe (1973), p. 69; R's documentation of ``wilcox.test``: W = 35, one-sided P .1272."""

DEPRESSION_BEFORE = np.array([1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30])
DEPRESSION_AFTER = np.array([0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29])
"""Hollander and Wolfe (1973), p. 29; R: V = 40, one-sided P .01953."""

LEPROSY_BEFORE = np.array(
    [11, 8, 5, 14, 19, 6, 10, 6, 11, 3, 6, 6, 7, 8, 18, 8, 19, 8, 5, 15, 16, 13, 11, 9, 21, 16, 12, 12, 7, 12.0]
)
LEPROSY_AFTER = np.array(
    [6, 0, 2, 8, 11, 4, 13, 1, 8, 0, 0, 2, 3, 1, 18, 4, 14, 9, 1, 9, 13, 10, 18, 5, 23, 12, 5, 16, 1, 20.0]
)
LEPROSY_DRUG = ["A"] * 10 + ["D"] * 10 + ["F"] * 10
"""Snedecor and Cochran (1967), p. 422; SAS/STAT documentation of PROC GLM, analysis of covariance."""

WEIGHTS = np.array([148, 154, 158, 160, 161, 162, 166, 170, 182, 195, 236.0])
"""Shapiro and Wilk (1965): W = 0.79."""

JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]], dtype=float)
"""Shrout and Fleiss (1979), Table 2: ICC(2,1) = .29, ICC(3,1) = .71."""

WRIGHT_1 = np.array([494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427.0])
WRIGHT_2 = np.array([490, 397, 512, 401, 470, 611, 415, 431, 638, 429, 420, 633, 275, 492, 165, 372, 421.0])
MINI_1 = np.array([512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451.0])
"""Peak expiratory flow, l/min: Bland and Altman (1986), table of the paper."""

N = 19
BETWEEN = {
    "operation_time": ((139.47, 44.16), (167.37, 40.12), 0.0489, "0.049"),
    "blood_loss": ((542.11, 234.08), (831.58, 264.69), 0.0010, "0.001"),
    "harris": ((82.11, 5.69), (75.89, 7.30), 0.0059, "0.006"),
    "vas": ((1.21, 0.92), (2.26, 0.73), 0.0004, "0.000"),
    "rotation_centre_height": ((26.92, 4.29), (30.13, 5.17), 0.0444, "0.045"),
}
"""Founding study: mean and SD of the 3D group, of the control group, P as recomputed, P as printed."""
WITHIN = {
    "harris": ((41.89, 8.93), (82.11, 5.69), None, "0.000"),
    "vas": ((5.63, 1.30), (1.21, 0.92), None, "0.000"),
    "rotation_centre_height": ((34.45, 12.13), (26.92, 4.29), 0.918, "0.001"),
    "rotation_centre_horizontal": ((39.87, 8.59), (35.74, 5.83), 0.661, "0.012"),
}
"""Founding study: before, after, the correlation that the printed P implies (where it implies one), P as printed."""
