"""Weights, read back by the library of the format, are those of the run."""

import json

import pytest
import torch
from safetensors import safe_open

from gan_lab.config import from_tree
from gan_lab.export import EXPORTS
from gan_lab.runs import open_generators, open_players
from gan_lab.training import checkpoints


def read(path):
    with safe_open(str(path), "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, file.metadata()  # noqa: SIM118


def test_the_averaged_g(ended, tmp_path):
    directory = ended()
    out = tmp_path / "g.safetensors"
    told = EXPORTS["safetensors"].write(directory, out)
    weights, about = read(out)
    shown = open_generators(directory)
    wanted = shown.network.state_dict()
    assert told == f"averaged weights of step 6, {len(wanted)} tensors"
    assert weights.keys() == wanted.keys()
    assert all(torch.equal(weights[name], wanted[name]) for name in wanted)
    assert from_tree(json.loads(about["config"])) == directory.read_config()
    kind = json.loads(about["kind"])
    assert (kind["channels"], kind["size"], len(kind["classes"])) == (1, 8, 10)
    assert about["step"] == "6"


@pytest.mark.parametrize("preset", [None, "cyclegan-small"])
def test_all_players(ended, tmp_path, preset):
    directory = ended(preset=preset)
    EXPORTS["players"].write(directory, tmp_path / "all.safetensors")
    EXPORTS["safetensors"].write(directory, tmp_path / "g.safetensors")
    weights, _ = read(tmp_path / "all.safetensors")
    shown = open_players(directory)
    groups = [
        *((f"averaged.{n}.", net) for n, net in shown.networks.items()),
        *((f"{n}.", net) for n, net in (shown.raw | shown.judges).items()),
    ]
    wanted = {p + name: t for p, net in groups for name, t in net.state_dict().items()}
    assert weights.keys() == wanted.keys()
    assert all(torch.equal(weights[name], wanted[name]) for name in wanted)
    alone, _ = read(tmp_path / "g.safetensors")
    prefix = "G." if preset is None else ""
    assert {f"averaged.{prefix}{name}" for name in alone} <= weights.keys()


def test_the_checkpoint_is_the_newest(ended, tmp_path, differences):
    directory = ended()
    assert EXPORTS["checkpoint"].write(directory, tmp_path / "c.pt").endswith("at step 6")
    assert differences(checkpoints.load(tmp_path / "c.pt"), directory.read_checkpoint()) == []
    directory.checkpoint_files()[-1].write_bytes(b"damaged")
    told = EXPORTS["checkpoint"].write(directory, tmp_path / "d.pt")
    assert checkpoints.load(tmp_path / "d.pt")["steps"] < 6 and "6" not in told
