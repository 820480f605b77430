"""How a parameter is declared, and what refuses a wrong one."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class ConfigError(ValueError):
    """A value that the schema does not allow, in one line that a user can act on."""


def knob(
    default: Any,
    help: str,
    *,
    live: bool = False,
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
        unit: of the number, for people ("px", "pictures"); "" for a bare number.
        log: True if a slider should be logarithmic.
        when: ``(sibling, values)``: the parameter counts only while that sibling field of the
            same section has one of these values.
        bounds: ``ge``, ``gt``, ``le``, ``lt``, ``min_length``, ``max_length`` of pydantic.
    """
    extra = {"live": live, "unit": unit, "log": log, "when": when}
    return Field(default, description=help, json_schema_extra=extra, **bounds)


class Section(BaseModel):
    """A group of parameters; immutable, so that a run's configuration changes only by command."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False
    )
