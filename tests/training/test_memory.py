"""What an experiment needs of memory, told before any of it is taken."""

import importlib

import pytest
import torch

from gan_lab import memory as machine
from gan_lab.config import ConfigError, RunConfig, put
from gan_lab.data import DataError, Kind, expected, load
from gan_lab.games import game_of
from gan_lab.presets import preset, presets
from gan_lab.runs import Budget, State
from gan_lab.runs.registry import Registry
from gan_lab.training import memory
from tests.patience import WAIT

DIGITS = Kind(1, 8, tuple("0123456789"))
DENSE = {"networks.g.family": "dense", "networks.d.family": "dense"}
LAPTOP = 6_000_000_000  # what 8 GB leave free
LARGE = {"progressive"}  # took more than 6 GB when it had grown (benchmarks/memory.py)


@pytest.fixture
def room(monkeypatch):
    """Say how many bytes are free."""
    return lambda count: monkeypatch.setattr(memory, "free_bytes", lambda: count)


def of(changes=None, kind=DIGITS):
    return memory.need(
        put(RunConfig(), {**DENSE, "training.device": "cpu", **(changes or {})}), kind
    )


def test_a_network_s_state_is_counted_number_by_number():
    sizes = {"networks.g.hidden": (1000,), "networks.d.hidden": (1000,), "latent.dim": 100,
             "networks.g.batch_norm": "nowhere", "networks.d.batch_norm": "nowhere"}  # fmt: skip
    g = 100 * 1000 + 1000 + 1000 * 64 + 64
    d = 64 * 1000 + 1000 + 1000 + 1
    adam, sgd = of(sizes), of({**sizes, "optim.g.name": "sgd", "optim.g.momentum": 0.0})
    # each: weights, gradient, two moments; G's average; all but the gradients once more to go back
    # to; and copies of all, and of G's average, to look at
    assert adam.state == 4 * (g * (1 + 1 + 2 + 1 + 4 + 2) + d * (1 + 1 + 2 + 3 + 1))
    assert adam.state - sgd.state == 4 * g * 2 * 2


@pytest.mark.parametrize("family", ["dcgan", "dense", "residual"])
def test_a_batch_takes_as_much_as_autograd_keeps_of_it(family):
    config = put(RunConfig(), {"networks.g.width": 16, "networks.g.family": family})
    made = game_of(config).generators(config, DIGITS)["G"]
    kept, own = {}, {p.data_ptr() for p in (*made.parameters(), *made.buffers())}

    def keep(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        made(torch.randn(16, config.latent.dim))
    truth = sum(x.untyped_storage().nbytes() for at, x in kept.items() if at not in own)
    with torch.device("meta"):
        network = game_of(config).generators(config, DIGITS)["G"]
        found = memory._pass(network, 16, (config.latent.dim,))
    assert found.kept == truth > 0
    assert of({"training.batch": 512}).batch > 7 * of({"training.batch": 64}).batch


@pytest.mark.parametrize("name", list(presets()))
def test_every_preset_would_be_let_begin_on_a_laptop(name, room):
    room(LAPTOP if name not in LARGE else 2 * LAPTOP)
    memory.refuse_expected(preset(name).config)


@pytest.mark.parametrize(
    "changes",
    [
        {"training.batch": 4096, "data.size": 128, "networks.g.width": 64},
        {**DENSE, "networks.g.hidden": (8192, 8192), "networks.d.hidden": (8192, 8192),
         "training.batch": 4096},
        {"networks.g.family": "layers", "networks.g.layers": (
            {"kind": "linear", "channels": 784}, {"kind": "reshape", "side": 28},
            {"kind": "conv", "channels": 512}, {"kind": "conv", "activation": "tanh"}),
         "training.batch": 4096},
    ],
)  # fmt: skip
def test_what_is_far_too_large_is_refused_at_once_with_both_numbers(changes, room):
    room(2_000_000_000)
    config = put(RunConfig(), {"data.name": "mnist", "training.device": "cpu", **changes})
    with pytest.raises(ConfigError, match=r"needs about [\d,.]+ GB of memory, and 2.0 GB are free"):
        memory.refuse_too_much(config, expected(config.data))


def test_a_batch_that_would_fit_is_named(room):
    big = {"training.batch": 4096, "training.device": "cpu", "data.name": "cifar10"}
    config = put(RunConfig(), big)
    kind = expected(config.data)
    need = memory.need(config, kind)
    room(int(need.total / 2))
    with pytest.raises(ConfigError, match=r"make training.batch [\d,]+ or less") as told:
        memory.refuse_too_much(config, kind)
    batch = int(str(told.value).split("training.batch ")[1].split()[0].replace(",", ""))
    memory.refuse_too_much(put(config, {"training.batch": batch}), kind)
    room(memory.need(put(config, {"training.batch": 2}), kind).total // 2)
    with pytest.raises(ConfigError, match=r"make networks.g, networks.d or data.size smaller"):
        memory.refuse_too_much(config, kind)


def test_a_knob_that_would_take_too_much_is_refused_and_the_run_goes_on(trainer, room):
    one = trainer({"networks.g.family": "dense", "networks.g.hidden": (2000, 2000),
                   "optim.g.name": "sgd", "optim.g.momentum": 0.0})  # fmt: skip
    one.round()
    room(1000)
    entry = one.set("optim.g.name", "adam")
    assert entry.outcome == "refused" and "memory more, and 0 MB are free" in entry.note
    assert one.config.optim.g.name == "sgd"
    assert one.set("optim.g.lr", 1e-3).outcome == "applied"  # takes nothing
    one.round()
    room(LAPTOP)
    assert one.set("optim.g.name", "adam").outcome == "applied"


def test_a_run_without_room_is_refused_before_anything_is_made(small, room, runs_root, until):
    registry, config = Registry(), small()
    first = registry.start(config, "ann", "quick")
    until(first.run, lambda moment: moment.state is State.RUNNING)
    room(1000)
    with pytest.raises(ConfigError, match="of memory, and 0 MB are free"):
        registry.start(config, "ann", "quick", instead_of=first)
    assert not first.run.latest().state.over, "the run before it has ended for nothing"
    assert len([p for p in runs_root.iterdir() if p.is_dir() and p.name[0] != "."]) == 1
    registry.close()
    with pytest.raises(ConfigError, match="of memory, and 0 MB are free"):
        registry.resume(first, "ann")
    room(LAPTOP)
    again = registry.resume(first, "ann")
    assert not again.run.latest().state.over
    registry.close()


def test_a_run_whose_pictures_turned_out_larger_says_so_itself(small, room, begin, digits):
    room(1000)
    run = begin(small(), budget=Budget(steps=2), pictures=digits)
    assert run.join(WAIT)
    assert run.latest().state is State.FAILED and "0 MB are free" in run.latest().note


@pytest.mark.parametrize("name", ["digits", "mnist:3,8", "ring", "faces", "cifar10:horse"])
def test_what_pictures_will_be_like_is_known_before_they_are_read(name):
    data = put(RunConfig(), {"data.name": name}).data
    if name.startswith("cifar10"):  # which is not here
        assert expected(data) == Kind(3, 32, ("horse",))
        return
    assert expected(data) == load(data).kind
    grown = put(RunConfig(), {"data.name": name, "data.size": 16, "data.colour": "rgb"}).data
    assert expected(grown) == load(grown).kind


def test_a_set_too_large_for_memory_is_refused_before_it_is_enlarged(monkeypatch):
    monkeypatch.setattr("gan_lab.data.room.free_bytes", lambda: 10_000_000)
    for name in ("digits", "faces"):
        config = put(RunConfig(), {"data.name": name, "data.size": 128})
        with pytest.raises(DataError, match=r"need .* and 10 MB are free; make data.size smaller"):
            load(config.data)


def test_a_container_s_share_counts(tmp_path):
    (tmp_path / "memory.max").write_text("2000000\n")
    (tmp_path / "memory.current").write_text("1500000\n")
    (tmp_path / "memory.stat").write_text("anon 900000\ninactive_file 400000\n")
    assert machine.free_bytes(tmp_path) == 900_000
    (tmp_path / "memory.max").write_text("max\n")
    assert machine.free_bytes(tmp_path) > 2_000_000
    old = tmp_path / "memory"
    old.mkdir()
    (old / "memory.limit_in_bytes").write_text("2000000\n")
    (old / "memory.usage_in_bytes").write_text("1500000\n")
    (old / "memory.stat").write_text("total_inactive_file 100000\n")
    assert machine.free_bytes(tmp_path) == 600_000
    (old / "memory.usage_in_bytes").write_text("9500000\n")
    assert machine.free_bytes(tmp_path) == 0


def test_large_pictures_pass_a_network_a_few_at_once():
    assert [machine.at_once(64, side) for side in (8, 32, 64, 128, 256)] == [64, 64, 16, 8, 8]
    assert machine.at_once(2, 256) == 2


@pytest.mark.parametrize("measure", ["swd", "ssim"])
def test_some_pictures_at_a_time_are_measured_as_all_at_once(measure, monkeypatch):
    module = importlib.import_module(f"gan_lab.metrics.{measure}")
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randint(0, 256, (2, 70, 3, 33, 33), dtype=torch.uint8, generator=generator)

    def measured():
        if measure == "swd":
            return torch.tensor(module.swd(a, b).mean)
        return module.ssim(a, b)

    parts = measured()
    monkeypatch.setattr(module, "_PART", 1000)
    torch.testing.assert_close(parts, measured(), rtol=1e-12, atol=0)


def test_the_same_experiment_is_estimated_once(monkeypatch):
    monkeypatch.setattr(memory, "_KNOWN", {})
    done, estimated = [], memory._estimated
    monkeypatch.setattr(memory, "_estimated", lambda *a: done.append(a) or estimated(*a))
    first = of()
    assert of() == first and len(done) == 1
    assert of({"training.batch": 7}).batch != first.batch and len(done) == 2
    assert memory.need(done[0][0], DIGITS, 1000).beside > first.beside and len(done) == 3
    assert of(kind=DIGITS._replace(size=16)).total > first.total and len(done) == 4
    for batch in range(2, 3 * memory._MOST_KNOWN):
        of({"training.batch": batch})
    assert len(memory._KNOWN) <= memory._MOST_KNOWN
