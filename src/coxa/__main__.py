"""``python -m coxa``."""

from coxa.cli.app import main

main()
