"""Screws: possible paths, what each would hold, and the best set of them.

The operation site, bone and Hounsfield units come in; screws with their metrics go out. Knows no lattice.
"""
