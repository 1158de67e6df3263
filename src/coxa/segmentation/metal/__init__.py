"""Where metal is, what its artefacts spoil, and where they leave bone not assessable.

A volume comes in; masks and a streak-reduced copy go out. Knows no joints and no implants.
"""
