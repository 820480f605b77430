"""Import this first: it lets the benchmarks find the package from wherever they are started."""

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))


def clock(device: str) -> Callable[[], float]:
    """Seconds of the processor where it does the work, else of the wall clock."""
    return time.process_time if device == "cpu" else time.perf_counter


def machine() -> str:
    """What this runs on, in a few words."""
    import torch

    cores = os.cpu_count() or 1
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "no GPU"
    return f"{cores} cores ({platform.machine()}), {gpu}, PyTorch {torch.__version__}"


def commit() -> str:
    """The short name of the commit, with a plus if files differ from it."""
    command = ["git", "describe", "--always", "--dirty=+"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
