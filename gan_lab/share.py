"""An experiment as a link: what differs from a preset, in one short text, and back.

The text is a version mark and then, in base64url, a check sum of two bytes and a deflated JSON
list: the preset's name, what the preset was, the changes as a tree, and what of the page is shown.
Nothing in it is code. Folders and zips of a machine do not travel, nor the weights of another run.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gan_lab.archives.json_text import JsonLimits, parse
from gan_lab.config import KNOBS, ConfigError, RunConfig, difference, from_tree, get, known, put
from gan_lab.data import DRAWN, NAMED, DataError, class_numbers, plane_of, split_name
from gan_lab.presets import DEFAULT, preset, presets

LONGEST = 6000
"""Characters of a link's text; what browsers, proxies and messengers carry without a cut."""

_VERSION = "1"
_MOST_BYTES = 32 << 10  # of the JSON; a small text may claim to be very much
_LIMITS = JsonLimits(size=_MOST_BYTES, values=50_000, depth=32, digits=4_300)
"""A number that is too large is the schema's to refuse: it names the parameter."""
_MOST_CHANGES = 2 * len(KNOBS)
_MOST_SECTIONS = 50
_PASSES = 3  # over changes that allow one another in some order only
_LISTED = 6  # things that are ignored and named one by one
_STAYS = ("data.name", "training.start_from")  # may name what is on one machine alone


class ShareError(ValueError):
    """A link that cannot be read, or an experiment that fits into none, in words for people."""


@dataclass(frozen=True)
class View:
    """What a page shows of an experiment.

    Attributes:
        only: paths of the knobs that are there; None for all.
        locked: paths of knobs that can be seen and not be turned.
        unfolded: names of the page's sections that are open.
        restart: whether there is a place for what applies on restart.
    """

    only: frozenset[str] | None = None
    locked: frozenset[str] = frozenset()
    unfolded: tuple[str, ...] = ()
    restart: bool = True

    @property
    def hides(self) -> bool:
        """Whether anything is not there that would be otherwise."""
        return self.only is not None or not self.restart


@dataclass(frozen=True)
class Link:
    """What a link says.

    Attributes:
        preset: name of the one that the experiment began from.
        starts: whether a run begins as soon as somebody opens it.
    """

    preset: str
    config: RunConfig
    starts: bool = False
    view: View = View()


# -- there -------------------------------------------------------------------------------------


def encode(link: Link) -> str:
    """The text of a link, letters, digits, ``-`` and ``_``; what :func:`stays_behind` is left out.

    Raises ShareError if it would be too long; ConfigError if there is no such preset.
    """
    base = preset(link.preset).config
    content: list[Any] = [
        link.preset, _fingerprint(base), _changes(link.config, base), _extras(link)
    ]  # fmt: skip
    while not content[-1]:
        content.pop()
    text = json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = _sum(text) + packer.compress(text) + packer.flush()
    token = _VERSION + base64.urlsafe_b64encode(packed).decode().rstrip("=")
    if len(token) > LONGEST or len(text) > _MOST_BYTES:
        raise ShareError(
            f"This experiment is too long for a link ({len(token):,} characters; {LONGEST:,} is"
            " the most): it has too many layers of its own."
        )
    return token


def stays_behind(config: RunConfig) -> list[str]:
    """What a link leaves out of this experiment, in sentences."""
    notes = []
    if _wrong_set(config.data.name):
        notes.append(
            "Your own pictures are on this machine only and do not travel with the link; whoever"
            " opens it finds the preset's."
        )
    if config.training.start_from:
        notes.append(
            "The weights that it begins with are on this machine only and do not travel with the"
            " link."
        )
    return notes


def _changes(config: RunConfig, base: RunConfig) -> dict[str, Any]:
    """What differs from the preset, as a tree. Overrides of single players go as a whole: an
    override with the role's own value is one too."""
    tree: dict[str, Any] = {}
    for path, knob in KNOBS.items():
        value = get(config, path)
        if value == get(base, path) or (path in _STAYS and not _travels(path, value)):
            continue
        *parents, name = path.split(".")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        if knob.kind == "layers":
            value = [layer.model_dump(exclude_defaults=True) for layer in value]
        branch[name] = value
    if config.optim.players != base.optim.players:
        tree.setdefault("optim", {})["players"] = config.optim.players
    return tree


def _extras(link: Link) -> dict[str, Any]:
    view, extras = link.view, {}
    if link.starts:
        extras["s"] = 1
    if view.only is not None:
        extras["o"] = sorted(view.only)
    if view.locked:
        extras["l"] = sorted(view.locked)
    if view.unfolded:
        extras["u"] = list(view.unfolded)
    if not view.restart:
        extras["r"] = 0
    return extras


def _travels(path: str, value: str) -> bool:
    return path == "data.name" and not _wrong_set(value)


def _wrong_set(name: str) -> str:
    """Why a link may not name these pictures; "" if it may."""
    base, classes = split_name(name)
    try:
        if base == DRAWN:
            plane_of(name)
        elif base not in NAMED:
            return "that is no set of this playground, and own pictures do not travel in a link"
        elif classes:
            class_numbers(base, NAMED[base].classes, classes)
    except DataError:
        return "there are no such classes, or no such drawing"
    return ""


def _fingerprint(base: RunConfig) -> str:
    """Of what a preset states: tells a link that was made before the preset was changed."""
    stated = json.dumps(difference(base, RunConfig()), sort_keys=True, default=repr)
    return hashlib.blake2b(stated.encode(), digest_size=2).hexdigest()


def _sum(text: bytes) -> bytes:
    return binascii.crc_hqx(text, 0).to_bytes(2, "big")


# -- and back ----------------------------------------------------------------------------------


def decode(token: str) -> tuple[Link, list[str]]:
    """What a link says, and in sentences what of it was ignored.

    The sentences are Markdown in which whatever the link brought stands in backticks.

    Raises ShareError if nothing of it can be read.
    """
    content = _unpacked(token)
    name, fingerprint, tree, extras = content
    ignored = []
    if name in presets():
        base = preset(name).config
        if fingerprint != _fingerprint(base):
            ignored.append(
                f"The preset `{name}` has changed since this link was made, so the experiment may"
                " be another one than it was."
            )
    else:
        ignored.append(
            f"There is no preset {_quoted(name)} here; the experiment begins from `{DEFAULT}`."
        )
        name, base = DEFAULT, preset(DEFAULT).config
    config = _changed(base, tree, ignored)
    view = View(
        _paths(extras.pop("o", None), ignored),
        _paths(extras.pop("l", None), ignored) or frozenset(),
        _sections(extras.pop("u", ())),
        bool(extras.pop("r", True)),
    )
    starts = bool(extras.pop("s", False))
    if extras:
        ignored.append(f"The link also says {_listed(extras)}, which is unknown here.")
    return Link(name, config, starts, view), ignored


_DAMAGED = (
    "This link is damaged: perhaps a part of it is missing. Ask for it once more. Here is the"
    " experiment that everybody begins with."
)


def _unpacked(token: str) -> tuple[str, str, dict[str, Any], dict[str, Any]]:
    """Preset, its fingerprint, changes, extras. Raises ShareError."""
    if len(token) > LONGEST or not re.fullmatch(r"[A-Za-z0-9_-]{2,}", token):
        raise ShareError(_DAMAGED)
    if token[0] != _VERSION:
        raise ShareError(
            "This link was made by another version of the playground and cannot be read here. Here"
            " is the experiment that everybody begins with."
        )
    try:
        packed = base64.urlsafe_b64decode(token[1:] + "=" * (-len(token[1:]) % 4))
        unpacker = zlib.decompressobj(-15)
        text = unpacker.decompress(packed[2:], _MOST_BYTES)
        whole = unpacker.eof and not unpacker.unused_data and packed[:2] == _sum(text)
        content = parse(text, _LIMITS) if whole else None
    except (ValueError, zlib.error, RecursionError):
        raise ShareError(_DAMAGED) from None
    kinds = (str, str, dict, dict)
    if not isinstance(content, list) or not 2 <= len(content) <= len(kinds):
        raise ShareError(_DAMAGED)
    content += [{} for _ in kinds[len(content) :]]
    if not all(map(isinstance, content, kinds)):
        raise ShareError(_DAMAGED)
    return content[0], content[1], content[2], content[3]


def _changed(base: RunConfig, tree: dict[str, Any], ignored: list[str]) -> RunConfig:
    """The preset with all changes that are allowed; the others are told of."""
    leaves = dict(_leaves(tree))
    if len(leaves) > _MOST_CHANGES:
        raise ShareError(_DAMAGED)
    unknown = [path for path in leaves if not _is_parameter(path)]
    if unknown:
        ignored.append(f"These settings do not exist here: {_listed(unknown)}.")
    wanted = {path: value for path, value in leaves.items() if path not in unknown}
    for path in [path for path in _STAYS if path in wanted]:
        value = wanted.pop(path)
        why = "the weights of a run do not travel in a link"
        if path == "data.name":
            why = _wrong_set(value) if isinstance(value, str) else "that is no name"
        if why:
            ignored.append(f"`{path}` = {_quoted(value)} was ignored: {why}.")
        else:
            wanted[path] = value
    if isinstance(tree.get("optim"), dict) and "players" in tree["optim"]:
        base = _without_overrides(base)
    config, refused = _taken(base, wanted)
    for path, why in list(refused.items())[:_LISTED]:
        ignored.append(f"`{path}` = {_quoted(wanted[path])} was ignored: {why}.")
    if more := list(refused)[_LISTED:]:
        ignored.append(f"These were ignored too: {_listed(more)}.")
    return config


def _leaves(tree: Mapping[str, Any], prefix: str = "", depth: int = 4) -> Iterator[tuple[str, Any]]:
    """Paths and values; what lies deeper than any parameter counts as a value."""
    for name, value in tree.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and depth > 1 and path not in KNOBS:
            yield from _leaves(value, f"{path}.", depth - 1)
        else:
            yield path, value


def _is_parameter(path: str) -> bool:
    if path in KNOBS:
        return True
    if not re.fullmatch(r"optim\.players\.[GD]\w{0,20}\.\w{1,20}", path, re.ASCII):
        return False
    try:
        return bool(known(path))
    except ConfigError:
        return False


def _without_overrides(base: RunConfig) -> RunConfig:
    tree = base.model_dump()
    tree["optim"]["players"] = {}
    return from_tree(tree)


def _taken(base: RunConfig, wanted: dict[str, Any]) -> tuple[RunConfig, dict[str, str]]:
    """As many changes as are allowed together, and why not the others, by path."""
    try:
        return put(base, wanted), {}
    except ConfigError:
        config, left = base, dict(wanted)
    refused: dict[str, str] = {}
    for _ in range(_PASSES):
        refused = {}
        for path, value in left.items():
            try:
                config = put(config, {path: value})
            except ConfigError as error:
                # the value itself is the link's word, a rule between parameters is the schema's
                alone = "is not allowed" in str(error)
                refused[path] = f"give {known(path).allowed}" if alone else _words(str(error))
        if len(refused) == len(left):
            break
        left = {path: left[path] for path in refused}
    return config, refused


def _paths(value: Any, ignored: list[str]) -> frozenset[str] | None:
    """Paths of knobs; None if there is no such list."""
    if not isinstance(value, list):
        return None
    wrong = [path for path in value if not isinstance(path, str) or path not in KNOBS]
    if wrong:
        ignored.append(f"Knobs that do not exist here should be shown or locked: {_listed(wrong)}.")
    return frozenset(path for path in value if path not in wrong)


def _sections(value: Any) -> tuple[str, ...]:
    """Whatever may be the name of a section; the page knows which there are."""
    some = value[:_MOST_SECTIONS] if isinstance(value, list) else ()
    return tuple(s for s in some if isinstance(s, str) and re.fullmatch(r"[\w.:-]{1,40}", s))


def _listed(names: Any) -> str:
    names = list(names)
    some = ", ".join(_quoted(name) for name in names[:_LISTED])
    return f"{some} and {len(names) - _LISTED} more" if len(names) > _LISTED else some


def _quoted(value: Any) -> str:
    """A link's own words: short, on one line, and in backticks, so that they are only words."""
    return f"`{_plain(str(value)[:60]) or 'nothing'}`"


def _words(text: str) -> str:
    """What a rule says, in backticks: it may repeat what the link brought."""
    return f"`{_plain(text[:300])}`"


def _plain(text: str) -> str:
    """What can be printed of it, on one line, without backticks."""
    return " ".join("".join(c if c.isprintable() and c != "`" else " " for c in text).split())
