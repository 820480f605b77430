"""How a parameter is declared, and what refuses a wrong one."""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field


class ConfigError(ValueError):
    """A value that the schema does not allow, in one line that a user can act on."""


GROUPS: Mapping[str, str] = types.MappingProxyType(
    {
        "learning": "Learning",
        "balance": "Loss and balance of the game",
        "labels": "Labels",
        "noise": "Noise",
        "penalties": "Penalties",
        "augmentation": "Augmentation",
        "averaging": "Averaged G",
        "saving": "Saving",
        "exploring": "Exploring",
        "health": "Measures and coach",
        "data": "Data",
        "latent": "Latent noise",
        "networks": "Classes",
        "networks.g": "Generator",
        "networks.d": "Discriminator",
        "objective": "Game",
        "training": "Training",
    }
)
"""What parameters are about, and a title for each, in the order of the page: first what acts at
once, then, by section, what waits for a restart."""


def knob(
    default: Any,
    help: str,
    *,
    live: bool = False,
    group: str = "",
    unit: str = "",
    log: bool = False,
    when: tuple[str, tuple[Any, ...]] | None = None,
    **bounds: Any,
) -> Any:
    """Declare one parameter.

    Args:
        default: value that a preset need not state.
        help: one sentence that a student understands.
        live: True if a change acts at the next step of a running experiment.
        group: of a live parameter, what it is about (of ``GROUPS``), where that is not what its
            section says; any other belongs to its section.
        unit: of the number, for people ("px", "pictures"); "" for a bare number.
        log: True if a slider should be logarithmic.
        when: ``(sibling, values)``: the parameter counts only while that sibling field of the
            same section has one of these values.
        bounds: ``ge``, ``gt``, ``le``, ``lt``, ``min_length``, ``max_length`` of pydantic.
    """
    extra = {"live": live, "group": group, "unit": unit, "log": log, "when": when}
    return Field(default, description=help, json_schema_extra=extra, **bounds)


class Section(BaseModel):
    """Some parameters; immutable, so that a run's configuration changes only by command."""

    live_group: ClassVar[str] = ""
    """What its live parameters are about, of ``GROUPS``, where they do not say it themselves."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )
