"""Where the landmarks of a pelvis lie to each other: figures of forty adults, and the choice of points that fit them.

Points of one pelvis come in; each one's expected place with its covariance goes out. Knows no surface but in
`candidates`.
"""
