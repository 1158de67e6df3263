"""Each bone from its seeds to its edge: shells, marrow, joints between bones, bones beside implants.

A volume, joints and metal come in; masks go out. Knows neither labels in files nor other back-ends.
"""
