"""The command line.

Arguments come in; a call of the library, files and an exit code go out. Holds no method of its own.
"""
