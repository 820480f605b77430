"""A run as a thing: thread, mailbox, registry, directory on disk, wire format."""

from gan_lab.runs.directory import DirectoryError, RunDirectory, runs_root
from gan_lab.runs.messages import Budget, Moment, State
from gan_lab.runs.opening import open_generators
from gan_lab.runs.registry import Hosted, Registry
from gan_lab.runs.run import Run

__all__ = [
    "Budget",
    "DirectoryError",
    "Hosted",
    "Moment",
    "Registry",
    "Run",
    "RunDirectory",
    "State",
    "open_generators",
    "runs_root",
]
