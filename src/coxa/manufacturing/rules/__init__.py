"""The print rules: each compares one measured figure with a process's limit.

Figures and a process profile come in; rules with verdict and place go out. Knows no plan.
"""
