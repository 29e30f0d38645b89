"""`python -m digitlab` is the same as `digitlab`."""

from digitlab.cli.app import main

main()
