"""What has a latent space to walk in: a run, or a generator that came with the app."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from gan_lab.runs.directory import RunDirectory
from gan_lab.runs.messages import Shown


class Explorable(Protocol):
    """Asked from several threads at once."""

    @property
    def view_id(self) -> str:
        """What pages call it."""
        ...

    def shown(self) -> Shown | None:
        """The generators to explore, as they are now; None before there are any."""
        ...

    @property
    def state(self) -> str:
        """Of the run (``State``), or "pretrained"."""
        ...

    @property
    def directory(self) -> RunDirectory | None:
        """Where it is on disk; None if nothing can be kept with it."""
        ...

    def exploring(self) -> AbstractContextManager[None]:
        """While inside, somebody looks: a run counts as watched and shows its newest generators."""
        ...

    def may_control(self, visitor: str) -> bool:
        """Whether a visitor may keep things in its folder."""
        ...
