"""`python -m scispaces.reading COMMAND`: what the Makefile calls."""

import os
import sys

from scispaces.reading.runner.cli import main

INTERRUPTED = 130

status = main()
if status == INTERRUPTED:  # kernels are gone by now; at exit the finalizers of half-done clients would print tracebacks
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
sys.exit(status)
