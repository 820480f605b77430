"""A run as a thing: thread, mailbox, registry, directory on disk, wire format."""

from gan_lab.runs.directory import DirectoryError, RunDirectory, runs_root
from gan_lab.runs.forking import Parent, fork, parent_of
from gan_lab.runs.messages import Budget, Moment, State
from gan_lab.runs.opening import (
    load,
    load_discriminator,
    open_generators,
    open_named,
    open_players,
)
from gan_lab.runs.registry import Hosted, Registry
from gan_lab.runs.rest import Rest, at_rest
from gan_lab.runs.run import Run
from gan_lab.runs.viewed import Viewed

__all__ = [
    "Budget",
    "DirectoryError",
    "Hosted",
    "Moment",
    "Parent",
    "Registry",
    "Rest",
    "Run",
    "RunDirectory",
    "State",
    "Viewed",
    "at_rest",
    "fork",
    "load",
    "load_discriminator",
    "open_generators",
    "open_named",
    "open_players",
    "parent_of",
    "runs_root",
]
