"""The command line: ``python -m gan_lab train | sample | apply | presets | datasets | doctor``.

Others script against it. Results go to stdout, progress and errors to stderr. Wrong input is one
line and exit code 2, a run that failed is one line and exit code 1. PyTorch takes seconds to
import, so each command imports it only once its cheap checks have passed.
"""

from gan_lab.cli.main import main

__all__ = ["main"]
