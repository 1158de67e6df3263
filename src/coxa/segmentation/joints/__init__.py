"""Where the hip joints are, native or replaced, one or both.

A volume comes in; joint centres with their side and the surface between head and socket go out. Knows no bone masks.
"""
