"""Hip prostheses as geometry: head, cup and stem out of surfaces, and the orientation of a cup.

Surfaces in LPS mm come in; spheres, axes and angles go out. Knows no voxels, no bones and no patient.
"""
