"""What is measured on a mesh: thickness, pores, trapped powder, topology, overhang.

A mesh in LPS mm comes in; figures with their places go out. Knows no limits and no printer.
"""
