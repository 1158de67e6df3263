"""How things are drawn: canvas, colours, slices, rays, camera positions.

Meshes and voxels come in; pixels go out. Knows no plan.
"""
