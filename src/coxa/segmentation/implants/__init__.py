"""Which metal is what: cup, head and stem of each hip, screws, plates, nails.

Metal voxels and hip joints come in; labelled parts go out. Knows no bone.
"""
