"""A synthetic pelvis with exact truth."""
