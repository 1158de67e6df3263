"""Typed records in files: cases, plans, catalogues, profiles, studies, atlases.

JSON, TOML, CSV or NPZ come in; frozen values go out, and back. Measures nothing.
"""
