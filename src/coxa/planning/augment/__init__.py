"""The augment: from the gap at the cup to a printable part.

The operation site and screws come in; a solid, its surface and its figures go out. Knows no search for cups.
"""
