"""How a part is made: lattice, porous layer, meshing, fewer triangles, bone models.

Signed distances come in; closed meshes in LPS mm go out. Knows no rule of a print check.
"""
