"""Surfaces in, landmarks out: one file per landmark group.

Bone and metal surfaces in LPS mm come in; points, the pelvic frame and what each hip holds go out, each with
uncertainty and status. Knows no voxels and no files.
"""

from coxa.landmarks.corrected import find_corrected_landmarks
from coxa.landmarks.find import find_landmarks

__all__ = ["find_corrected_landmarks", "find_landmarks"]
