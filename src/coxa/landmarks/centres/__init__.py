"""Rotation centres: today's joint, the native one, and how a destroyed one is estimated.

Surfaces and pelvic landmarks come in; centres with method and uncertainty go out. Knows no voxels.
"""
