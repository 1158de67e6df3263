"""Landmarks in, measurements out: one file per quantity."""
