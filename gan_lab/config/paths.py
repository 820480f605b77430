"""A parameter by its dotted path: its description, its value, its text."""

from __future__ import annotations

import difflib
import json
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from gan_lab.config.declare import ConfigError, Section
from gan_lab.config.optim import role_of
from gan_lab.config.run import RunConfig

OVERRIDES = "optim.players."


@dataclass(frozen=True)
class Knob:
    """One parameter as widgets, options and docs see it; derived from the schema, never written.

    Attributes:
        path: dotted, such as ``optim.g.lr``.
        kind: how a value is entered.
        low, high: bounds, or None; whether the low bound itself is allowed is in ``low_open``.
        choices: of kind "choice".
        when: (path of the deciding parameter, values for which this one counts), or None.
        group: what it is about, of ``GROUPS``.
    """

    path: str
    kind: Literal["int", "float", "bool", "choice", "text", "ints", "layers"]
    default: Any
    low: float | None
    high: float | None
    low_open: bool
    high_open: bool
    choices: tuple[str, ...]
    unit: str
    help: str
    live: bool
    log: bool
    when: tuple[str, tuple[Any, ...]] | None
    group: str

    @property
    def allowed(self) -> str:
        """What may be entered, in words."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        if self.kind == "bool":
            return "true or false"
        if self.kind == "text":
            return "a text"
        if self.kind == "layers":
            return 'a JSON list of layers, such as [{"kind": "conv", "channels": 16}]'
        noun = {"int": "a whole number", "float": "a number", "ints": "whole numbers, 256,512"}
        text = noun[self.kind]
        if self.low is not None:
            text += f" {'above' if self.low_open else 'from'} {_plain(self.low)}"
        if self.high is not None:
            text += f" {'to below' if self.high_open else 'to'} {_plain(self.high)}"
        return text + (f" ({self.unit})" if self.unit else "")

    def counts_in(self, config: RunConfig) -> bool:
        """Whether the parameter has any effect in this configuration."""
        return self.when is None or get(config, self.when[0]) in self.when[1]


def _plain(value: float) -> str:
    """A bound as people write it: 1,000,000,000 and not 1e+09."""
    return f"{value:,.0f}" if value.is_integer() and abs(value) >= 1000 else f"{value:g}"


def _bound(field: FieldInfo, *names: str) -> tuple[float | None, bool]:
    for constraint in field.metadata:
        for name in names:
            value = getattr(constraint, name, None)
            if value is not None:
                return float(value), name in ("gt", "lt")
    return None, False


def _kind(annotation: Any) -> tuple[Any, tuple[str, ...]]:
    if typing.get_origin(annotation) is Literal:
        return "choice", typing.get_args(annotation)
    if typing.get_origin(annotation) is tuple:
        return ("ints" if typing.get_args(annotation)[0] is int else "layers"), ()
    return {int: "int", float: "float", bool: "bool", str: "text"}[annotation], ()


def _walk(section: type[Section], prefix: str, default: Any) -> Iterator[Knob]:
    for name, field in section.model_fields.items():
        value = getattr(default, name)
        path = f"{prefix}{name}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, Section):
            yield from _walk(field.annotation, f"{path}.", value)
            continue
        if (
            f"{path}." == OVERRIDES
        ):  # no parameters of their own: those of the roles under other names
            continue
        kind, choices = _kind(field.annotation)
        low, low_open = _bound(field, "ge", "gt")
        high, high_open = _bound(field, "le", "lt")
        extra = typing.cast(dict[str, Any], field.json_schema_extra)
        when = extra["when"]
        yield Knob(
            path=path,
            kind=kind,
            default=value,
            low=low,
            high=high,
            low_open=low_open,
            high_open=high_open,
            choices=choices,
            unit=extra["unit"],
            help=field.description or "",
            live=extra["live"],
            log=extra["log"],
            when=(when[0] if "." in when[0] else prefix + when[0], when[1]) if when else None,
            group=extra["group"] or section.live_group if extra["live"] else prefix[:-1],
        )


KNOBS: Mapping[str, Knob] = types.MappingProxyType(
    {knob.path: knob for knob in _walk(RunConfig, "", RunConfig())}
)
"""Every parameter by its dotted path, in the order of the schema."""


def get(config: RunConfig, path: str) -> Any:
    """The value at a dotted path. Raises ConfigError if there is no such parameter."""
    known(path)
    value: Any = config
    if path.startswith(OVERRIDES):
        player, name = path.split(".")[2:]
        return getattr(config.optim.of(player), name)
    for name in path.split("."):
        value = getattr(value, name)
    return value


def put(config: RunConfig, changes: Mapping[str, Any]) -> RunConfig:
    """A copy of ``config`` with the values at some dotted paths replaced, validated as a whole.

    Raises ConfigError, in one line, if a path is unknown or a value not allowed.
    """
    tree = config.model_dump()
    for path, value in changes.items():
        known(path)
        *parents, name = path.split(".")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[name] = value
    return from_tree(tree)


def from_tree(tree: Mapping[str, Any]) -> RunConfig:
    """A RunConfig from nested mappings (a preset, a config file). Raises ConfigError."""
    try:
        return RunConfig.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_one_line(error)) from None


_SWITCH = {
    "true": True, "1": True, "yes": True, "on": True,
    "false": False, "0": False, "no": False, "off": False,
}  # fmt: skip


def parse(path: str, text: str) -> Any:
    """The value that ``--set path=text`` means. Raises ConfigError in one line."""
    knob = known(path)
    text = text.strip()
    try:
        match knob.kind:
            case "bool":
                return _SWITCH[text.lower()]
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "ints":
                return tuple(int(part) for part in text.strip("[]()").split(",") if part.strip())
            case "layers":
                return tuple(json.loads(text)) if text else ()
            case _:
                return text
    except (KeyError, ValueError, TypeError, RecursionError):
        raise ConfigError(f"{path}: {text!r} is not allowed; give {knob.allowed}") from None


def difference(config: RunConfig, base: RunConfig) -> dict[str, Any]:
    """Paths at which ``config`` differs from ``base``, with the values of ``config``."""
    single = [f"{OVERRIDES}{p}.{f}" for p, own in config.optim.players.items() for f in own]
    paths = (*KNOBS, *single)
    return {path: get(config, path) for path in paths if get(config, path) != get(base, path)}


def known(path: str) -> Knob:
    """The parameter at a dotted path, also that of a single player. Raises ConfigError."""
    if path in KNOBS:
        return KNOBS[path]
    if path.startswith(OVERRIDES):  # optim.players.G_ab.lr is described as optim.g.lr is
        player, _, name = path.removeprefix(OVERRIDES).partition(".")
        common = KNOBS.get(f"optim.{role_of(player)}.{name}")
        if common is not None and name != "steps":  # moves are counted by role
            return replace(common, path=path, when=None)
    name = path.rsplit(".", 1)[-1]
    similar = (
        [p for p in KNOBS if p.endswith("." + name)]
        or difflib.get_close_matches(path, KNOBS, n=3, cutoff=0.8)
        or sorted(p for p in KNOBS if p.startswith(path.split(".", maxsplit=1)[0] + "."))
    )
    hint = f"; did you mean {', '.join(similar[:6])}?" if similar else ""
    raise ConfigError(f"there is no parameter {path!r}{hint}")


def _shown(value: Any) -> str:
    """What was given, cut where it is longer than people read."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"])
    if path in KNOBS:
        return f"{path}: {_shown(first['input'])} is not allowed; give {KNOBS[path].allowed}"
    if first["type"] == "extra_forbidden":
        try:
            known(path)
        except ConfigError as unknown:
            return str(unknown)
    if first["type"] == "value_error":
        message = first["msg"].removeprefix("Value error, ")
        return message if "." in message.split(" ")[0] else f"{path}.{message}"
    for other in KNOBS.values():
        if path.startswith(other.path + "."):
            return f"{path}: {_shown(first['input'])} is not allowed; give {other.allowed}"
    return f"{path or 'the configuration'}: {first['msg'].lower()}"
