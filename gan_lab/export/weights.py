"""The weights of a run: safetensors for other programs, the checkpoint for this one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from torch import Tensor, nn

from gan_lab.export.base import Export, Tell, has_checkpoint, has_generator, wants
from gan_lab.runs import DirectoryError, RunDirectory, open_generators, open_players
from gan_lab.runs.messages import Shown
from gan_lab.training import checkpoints
from gan_lab.training.checkpoints import CheckpointError
from gan_lab.whole import whole_file
from gan_lab.words import size_of

SAFETENSORS = "application/octet-stream"
MAKER, FORMAT = "GAN Playground", "1"
"""By which we know a file of ours again."""
AVERAGED = "averaged."
"""Before the name of a generator, in the file of all players."""


def _weights(network: nn.Module, prefix: str = "") -> dict[str, Tensor]:
    """By name; each with memory of its own, as the format wants it."""
    state = network.state_dict().items()
    return {f"{prefix}{name}": t.detach().cpu().contiguous().clone() for name, t in state}


def about(shown: Shown) -> dict[str, str]:
    """What one must know of weights to use them: texts, as the format wants them."""
    kind = shown.kind
    return {
        "made_by": MAKER,
        "format": FORMAT,
        "config": shown.config.model_dump_json(),
        "kind": json.dumps(
            {"channels": kind.channels, "size": kind.size, "classes": list(kind.classes)}
        ),
        "step": str(shown.step),
    }


def _g(directory: RunDirectory, out: Path, tell: Tell) -> str:
    shown = open_generators(directory)
    tell(0.5, "writing")
    one = len(shown.networks) == 1
    weights = {}
    for name, network in shown.networks.items():
        weights |= _weights(network, "" if one else f"{name}.")
    return f"averaged {_save(weights, shown, out)}"


def _players(directory: RunDirectory, out: Path, tell: Tell) -> str:
    shown = open_players(directory)
    tell(0.5, "writing")
    weights = {}
    for name, network in shown.networks.items():
        weights |= _weights(network, f"{AVERAGED}{name}.")
    for name, network in (*shown.raw.items(), *shown.judges.items()):
        weights |= _weights(network, f"{name}.")
    return _save(weights, shown, out)


def _save(weights: dict[str, Tensor], shown: Shown, out: Path) -> str:
    from safetensors.torch import save

    with whole_file(out) as file:
        file.write(save(weights, metadata=about(shown)))
    return f"weights of step {shown.step:,}, {size_of(len(weights), 'tensor')}"


def _checkpoint(directory: RunDirectory, out: Path, tell: Tell) -> str:
    """The newest that is whole; not the file that a run just writes."""
    reason = "it has none"
    for path in reversed(directory.checkpoint_files()):
        try:
            checkpoints.load(path, whole=False)
            tell(0.3, "copying")
            with path.open("rb") as source, whole_file(out) as file:
                shutil.copyfileobj(source, file)
        except (CheckpointError, FileNotFoundError) as error:
            reason = str(error)
            continue
        return f"the whole state at step {int(path.stem):,}"
    raise DirectoryError(f"{directory.path} has no checkpoint that can be read: {reason}")


def _g_missing(directory: RunDirectory) -> str:
    return has_generator(directory) or wants("safetensors")


def _players_missing(directory: RunDirectory) -> str:
    return has_checkpoint(directory) or wants("safetensors")


WEIGHTS = (
    Export(
        "safetensors", "Weights of G (safetensors)",
        "The averaged generator's weights, with configuration, kind of pictures and step as text;"
        " a file that cannot carry code. It can be brought in again, to be explored.",
        ".safetensors", SAFETENSORS, _g_missing, _g,
    ),
    Export(
        "players", "Weights of all players (safetensors)",
        "Generators, discriminators and averaged generators in one file.",
        ".safetensors", SAFETENSORS, _players_missing, _players,
    ),
    Export(
        "checkpoint", "Checkpoint",
        "Everything that training goes on from: weights, optimisers, where chance stands, what was"
        " done. It can be brought in again, without its curves.",
        ".pt", "application/octet-stream", has_checkpoint, _checkpoint,
    ),
)  # fmt: skip
