"""The operation site: the gap at a planned cup on one fine grid, the direction of insertion, flanges.

A planned cup and bone surfaces come in; distance fields on a grid go out. Knows neither screws nor printing.
"""
