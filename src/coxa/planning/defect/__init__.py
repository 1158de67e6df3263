"""The defect: reconstructed native bone against today's, signs and suggested classes.

A measured case with surfaces and labels comes in; volumes, signs and classes go out. Knows no cup to be implanted.
"""
