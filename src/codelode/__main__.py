"""``python -m codelode`` is the command ``codelode``."""

import sys

from codelode.surfaces.cli import main

if __name__ == "__main__":  # worker processes import this module too
    sys.exit(main())
