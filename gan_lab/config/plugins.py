"""What other packages add to the tables of the house, by entry point.

A package that is installed beside this one says in its ``pyproject.toml``, for example::

    [project.entry-points."gan_lab.losses"]
    cubic = "my_package:Cubic"

and ``objective.loss = cubic`` can be chosen wherever a loss can. Nothing of it is imported before
somebody asks for it. Names of the house cannot be replaced.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

from gan_lab.config.declare import ConfigError

GENERATORS = "gan_lab.generators"
DISCRIMINATORS = "gan_lab.discriminators"
LOSSES = "gan_lab.losses"
DATA = "gan_lab.data"
RULES = "gan_lab.rules"

T = TypeVar("T")


@cache
def offered(group: str) -> Mapping[str, EntryPoint]:
    """The entry points of a group by name, in the order of their names; none is imported."""
    found = {one.name: one for one in entry_points(group=group)}
    return {name: found[name] for name in sorted(found)}


def names(*groups: str) -> tuple[str, ...]:
    """What those groups add to a choice."""
    return tuple(dict.fromkeys(name for group in groups for name in offered(group)))


class Table(Mapping[str, T]):
    """A table of the house, and behind its own lines those that other packages offer."""

    def __init__(self, group: str, own: Mapping[str, T]) -> None:
        self._group = group
        self._own = dict(own)
        self._came: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        """Raises KeyError if nobody offers it; ConfigError if its package cannot be imported."""
        if name in self._own:
            return self._own[name]
        if name not in self._came:
            self._came[name] = _imported(offered(self._group)[name])
        return self._came[name]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._own, *offered(self._group))))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in offered(self._group)


def _imported(point: EntryPoint) -> Any:
    try:
        return point.load()
    except Exception as error:  # whatever the import of somebody else's package may raise
        package = point.dist.name if point.dist is not None else point.module
        raise ConfigError(
            f"{point.name} of {point.group} cannot be had from the package {package}"
            f" ({type(error).__name__}: {error}); mend or uninstall that package"
        ) from error
