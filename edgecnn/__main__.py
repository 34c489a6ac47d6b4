"""`python -m edgecnn`."""

from edgecnn.cli.app import main

main()
