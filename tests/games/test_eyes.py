"""VGG19's weights: where they are looked for, what is said without them, and the game with them."""

import copy

import numpy as np
import pytest
import torch

from gan_lab.config import ConfigError, RunConfig, put
from gan_lab.data import Kind, Pictures
from gan_lab.games import Now, eyes, rehearse
from gan_lab.networks.vgg import bare
from gan_lab.objectives import perceptual
from gan_lab.runs import RunDirectory
from gan_lab.runs.messages import State
from gan_lab.training import checkpoints
from gan_lab.training.figures import figures
from gan_lab.training.trainer import Trainer, config_of
from tests.patience import WAIT

TINY = (4, "max", 6, 5)
SMALL = {
    "objective.game": "super-resolution", "objective.vgg": 0.5, "networks.g.family": "super",
    "networks.g.width": 4, "networks.g.blocks": 1, "networks.d.width": 4, "training.batch": 3,
    "training.checkpoint_seconds": 0.0, "training.threads": 1,
}  # fmt: skip
KIND = Kind(3, 16, ())


def pictures(seed=0):
    chance = torch.Generator().manual_seed(seed)
    shape = (9, 3, 16, 16)
    return Pictures("any", torch.randint(0, 256, shape, dtype=torch.uint8, generator=chance))


def make(changes=None):
    return Trainer(put(RunConfig(), {**SMALL, **(changes or {})}), pictures(), pictures(1))


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """Two empty places to look in, and a VGG of three convolutions."""
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(eyes, "LAYOUT", TINY)
    for place in eyes.places():
        place.mkdir(parents=True)
    return eyes.places()


def write(folder, layout=TINY, **how):
    """A file as torchvision's: the features, and a classifier that nobody asks for."""
    chance = torch.Generator().manual_seed(3)
    table = {
        f"features.{name}": torch.randn(part.shape, generator=chance)
        for name, part in bare(layout).state_dict().items()
    }
    torch.save(table | {"classifier.0.weight": torch.zeros(5, 5)}, folder / eyes.NAME, **how)
    return {name.removeprefix("features."): part for name, part in table.items()}


# -- the file --------------------------------------------------------------------------------------


def test_without_the_file_one_sentence_says_what_to_put_where(tmp_path):
    with pytest.raises(ConfigError) as caught:
        rehearse(put(RunConfig(), SMALL), KIND)
    words = str(caught.value)
    assert "\n" not in words and "objective.vgg to 0" in words
    assert "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth" in words
    assert str(tmp_path / "data" / "vgg") in words


@pytest.mark.parametrize("changes", [{"objective.vgg": 0.0}, {"objective.game": "generation"}])
def test_who_does_not_use_it_does_not_need_it(changes):
    eyes.check_eyes(put(RunConfig(), {**SMALL, **changes}))


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("packed", [True, False])  # the published file is of the older kind
def test_it_is_found_in_either_place_and_read_in_either_format(folders, place, packed):
    write(folders[place], _use_new_zipfile_serialization=packed)
    rehearse(put(RunConfig(), SMALL), KIND)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"PK\x03\x04cut"])
def test_a_damaged_file_is_named(folders, content):
    (folders[0] / eyes.NAME).write_bytes(content)
    with pytest.raises(ConfigError, match="damaged or is not torchvision's VGG19") as caught:
        rehearse(put(RunConfig(), SMALL), KIND)
    assert str(folders[0] / eyes.NAME) in str(caught.value) and "\n" not in str(caught.value)


class Code:
    """Unpickled, this would call a function."""

    def __reduce__(self):
        return (pytest.fail, ("code was run",))


@pytest.mark.parametrize("content", [[1, 2], {"features.0.weight": Code()}, {"features.0.bias": 1}])
def test_what_is_no_table_of_weights_is_refused_and_never_run(folders, content):
    torch.save(content, folders[0] / eyes.NAME)
    with pytest.raises(ConfigError, match="damaged or is not"):
        rehearse(put(RunConfig(), SMALL), KIND)


def test_another_network_is_refused(folders):
    write(folders[0], (4, "max", 6))
    with pytest.raises(ConfigError, match="not torchvision's VGG19"):
        rehearse(put(RunConfig(), SMALL), KIND)


def test_a_run_is_refused_before_it_begins(begin):
    run = begin(put(RunConfig(), SMALL), "refused", pictures=pictures())
    assert run.join(WAIT)
    last = run.latest()
    assert last.state is State.FAILED and last.counts.steps == 0
    assert "needs the weights of VGG19" in last.note
    assert not RunDirectory(run.directory.path).checkpoint_files()


# -- the game --------------------------------------------------------------------------------------


def test_g_plays_for_it_once_the_game_has_begun(folders):
    write(folders[0])
    t = make({"training.g_pretrain": 1})
    t.round()
    t.round()
    alone, played = t.flush()[:, t.history.columns.index("vgg")]
    assert np.isnan(alone), "not while G trains on pixels alone"
    assert played > 0


def test_its_share_of_the_loss_is_the_weighted_distance(folders):
    table = write(folders[0])
    found = []
    for weight in (0.0, 0.5):
        t = make({"objective.vgg": weight, "objective.pixel_norm": "squared"})
        ahead = copy.deepcopy(t.batches)
        x = ahead.draw().x
        made = t.game._enlarged(x, with_graph=False)
        move = t.game._g_move(x, made, Now(5, 0), shared=False)
        found.append(move.loss.item())
    network = eyes.vgg.features(TINY, table)
    apart = perceptual(network, made, x, low=-1.0, squared=True).item()
    assert found[1] - found[0] == pytest.approx(0.5 * apart, rel=1e-4)


def test_it_is_nobody_s_and_in_no_checkpoint(folders):
    write(folders[0])
    with_it, without = make(), make({"objective.vgg": 0.0})
    with_it.round()
    assert with_it.game.players.keys() == without.game.players.keys()
    assert with_it.state_dict()["game"].keys() == without.state_dict()["game"].keys()
    names = {n for p in with_it.game.players.values() for n in p.network.state_dict()}
    assert names == {n for p in without.game.players.values() for n in p.network.state_dict()}


def test_a_run_resumed_in_the_middle_goes_on_bit_for_bit(folders, differences, tmp_path):
    write(folders[0])
    left, whole = make({"objective.features": 1.0}), make({"objective.features": 1.0})
    left.round()
    checkpoints.save(left.state_dict(), tmp_path / "a.pt")
    state = checkpoints.load(tmp_path / "a.pt")
    resumed = Trainer(config_of(state), pictures(), pictures(1))
    resumed.load_state_dict(state)
    for _ in range(3):
        resumed.round()
    for _ in range(4):
        whole.round()
    assert differences(whole.state_dict(), resumed.state_dict()) == []
    without = make({"objective.features": 1.0, "objective.vgg": 0.0})
    for _ in range(4):
        without.round()
    mine, other = (t.game.players["G"].network.state_dict() for t in (whole, without))
    assert any(not torch.equal(mine[n], other[n]) for n in mine), "it counts"


def test_the_knob_is_refused_without_the_file_and_acts_with_it(folders):
    t = make({"objective.vgg": 0.0})
    t.round()
    refused = t.set("objective.vgg", 0.1)
    assert refused.outcome == "refused" and "needs the weights of VGG19" in refused.note
    t.round()
    write(folders[1])
    assert t.set("objective.vgg", 0.1).outcome == "applied"
    t.round()
    read = t.flush()[:, t.history.columns.index("vgg")]
    assert np.isfinite(read).tolist() == [False, False, True]


def test_its_curve_is_shown_where_it_counts():
    assert "vgg" in {c.column for f in figures(put(RunConfig(), SMALL)) for c in f.curves}
    off = put(RunConfig(), {**SMALL, "objective.vgg": 0.0})
    assert "vgg" not in {c.column for f in figures(off) for c in f.curves}
