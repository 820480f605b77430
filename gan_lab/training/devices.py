"""Where the arithmetic happens, and with how many threads."""

from __future__ import annotations

import os

import torch


def pick_device(name: str) -> torch.device:
    """The device that ``training.device`` means. Raises ValueError if it is not there."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError(
            "training.device = cuda, but PyTorch finds no CUDA GPU here; use auto or cpu"
        )
    if name == "mps" and not torch.backends.mps.is_available():
        raise ValueError("training.device = mps, but this is no Mac with Metal; use auto or cpu")
    return torch.device(name)


def cores() -> int:
    """CPU cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        return os.cpu_count() or 1


def use_threads(count: int) -> None:
    """Set the intra-op threads of the calling thread, for good.

    PyTorch gives a thread the number that was last set anywhere when the thread first asks; only
    a number set after that first time is its own, whatever other threads set later.
    """
    torch.get_num_threads()
    torch.set_num_threads(count)


def share_threads(active_runs: int) -> int:
    """Intra-op threads for one more run beside ``active_runs``.

    One core is left to everything else. Measured (docs/performance.md): a run whose threads have
    to wait for a core falls to a fraction of its speed, while the last core adds a third at best.
    """
    return max(1, (cores() - 1) // (active_runs + 1))
