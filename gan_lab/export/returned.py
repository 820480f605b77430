"""Weights of ours that come back: the averaged G, alone.

A safetensors file that this app wrote says in its metadata of what network the weights are; so does
the export ``generator``. Neither can carry code. Shapes are compared before anything is built.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gan_lab.archives.json_text import parse
from gan_lab.config import ConfigError, from_tree
from gan_lab.data import Kind
from gan_lab.export.base import ExportError, wants
from gan_lab.export.checked import check_kind, in_words
from gan_lab.export.guarded import read_parts
from gan_lab.export.weights import AVERAGED, FORMAT, MAKER
from gan_lab.games import game_of, rehearse
from gan_lab.runs import pretrained
from gan_lab.runs.messages import Shown
from gan_lab.runs.pretrained import PretrainedError

_HEADER = 8  # bytes of a safetensors file that tell how long its header is
_HEADER_BYTES = 100_000_000  # that the format allows it
_OUR_HEADER = 4 << 20  # bytes; ours has a configuration and some hundred tensors
_NAMES = 10_000  # tensors in it


def is_safetensors(begin: bytes, size: int) -> bool:
    """Whether a file of ``size`` bytes that begins so is of that format."""
    told = int.from_bytes(begin[:_HEADER], "little")
    return begin[_HEADER : _HEADER + 1] == b"{" and told <= min(_HEADER_BYTES, size - _HEADER)


def from_safetensors(path: Path) -> Shown:
    """The averaged G of the exports ``safetensors`` and ``players``. Raises ExportError."""
    if why := wants("safetensors"):
        raise ExportError(why)
    from safetensors import SafetensorError, safe_open

    _check_header(path)
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            if about.get("made_by") != MAKER:
                raise ExportError(
                    "these weights were not written by GAN Playground, so nobody knows of what"
                    " network they are; only safetensors files that were exported here come in"
                )
            if about.get("format") != FORMAT:
                raise ExportError("these weights are of another version of GAN Playground")
            names = list(file.keys())
            ours = f"{AVERAGED}G." if any(name.startswith(AVERAGED) for name in names) else ""
            weights = {
                name.removeprefix(ours): file.get_tensor(name)
                for name in names
                if name.startswith(ours)
            }
    except SafetensorError:
        raise ExportError("this safetensors file is damaged") from None
    return _opened(lambda: _state(about, weights))


def _check_header(path: Path) -> None:
    """Before the library makes something of it. Raises ExportError, OSError."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(_HEADER), "little")
        header = file.read(length) if length <= _OUR_HEADER else b""
    if length > _OUR_HEADER or header.count(b"data_offsets") > _NAMES:
        raise ExportError("the header of these weights is longer than that of any generator")


def from_torch(path: Path) -> Shown | None:
    """The G of the export ``generator``; None for another file of PyTorch. Raises ExportError."""
    try:
        state = read_parts(path)
    except ExportError:  # whoever reads it as a checkpoint says why
        return None
    if not isinstance(state, dict) or "weights" not in state or "players" in state:
        return None
    return _opened(lambda: state)


def _state(about: dict[str, str], weights: dict[str, Any]) -> dict[str, Any]:
    kind = parse(about["kind"])
    return {
        "format": pretrained.FORMAT,
        "config": about["config"],
        "kind": [kind["channels"], kind["size"], kind["classes"]],
        "step": int(about["step"]),
        "weights": weights,
    }


def _opened(told: Any) -> Shown:
    """What a stranger's file tells, as a generator in eval mode. Raises ExportError."""
    try:
        state = told()
        channels, size, classes = state["kind"]
        config, kind = from_tree(parse(state["config"])), Kind(channels, size, tuple(classes))
        check_kind(kind)
        if not game_of(config).from_noise:
            raise ExportError(
                "this generator begins from a picture and has no latent space; bring the whole run"
                " as a zip, or a checkpoint of it"
            )
        rehearse(config, kind)
        return pretrained.opened(state)
    except ConfigError as error:
        raise ExportError(f"these weights have a configuration that cannot be: {error}") from None
    except (ExportError, PretrainedError):
        raise
    except Exception as error:  # whatever a stranger put into the places of ours
        raise ExportError(f"these are no weights of ours ({in_words(error)})") from None
