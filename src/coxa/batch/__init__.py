"""Many scans: maps the measuring line over cases, each in a process that may die without harm to the others."""
