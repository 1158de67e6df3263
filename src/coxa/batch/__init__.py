"""Many scans: maps measuring over cases, each in a process that may end without harm to the others.

A folder of scans comes in; a folder a case, tables and a manifest go out. Knows no anatomy.
"""
