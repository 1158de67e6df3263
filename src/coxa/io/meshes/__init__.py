"""Mesh files in and out: STL, PLY, OBJ, GLB, 3MF.

A path comes in; a mesh in LPS mm goes out, and back. Knows no plan.
"""
