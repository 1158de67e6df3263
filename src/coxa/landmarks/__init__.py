"""Surfaces in, landmarks out: one file per landmark group."""

from coxa.landmarks.corrected import find_corrected_landmarks
from coxa.landmarks.find import find_landmarks

__all__ = ["find_corrected_landmarks", "find_landmarks"]
