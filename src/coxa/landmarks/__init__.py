"""Surfaces in, landmarks out: one file per landmark group."""

from coxa.landmarks.find import find_landmarks

__all__ = ["find_landmarks"]
