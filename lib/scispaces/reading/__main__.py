"""`python -m scispaces.reading COMMAND`: what the Makefile calls."""

import sys

from scispaces.reading.cli import main

sys.exit(main())
