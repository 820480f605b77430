"""SRGAN's round: G alone on pixels first, then against D; and what people see of it."""

import copy
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

from gan_lab.config import ConfigError, RunConfig, put
from gan_lab.data import Kind, Pictures, to_range
from gan_lab.games import Now, Player, apply, game_of, rehearse
from gan_lab.games.referee import matched_layers
from gan_lab.games.super_resolution import chosen, enlarged, shrunk
from gan_lab.metrics import psnr, ssim
from gan_lab.networks import Verdict
from gan_lab.training import checkpoints
from gan_lab.training.figures import figures
from gan_lab.training.trainer import Trainer, config_of

BOTH, ALONE = frozenset({"D", "G"}), frozenset({"G"})
SMALL = {
    "objective.game": "super-resolution",
    "objective.share_fakes": True,
    "networks.g.family": "super",
    "networks.g.width": 4,
    "networks.g.blocks": 1,
    "networks.d.width": 4,
    "training.batch": 6,
    "training.g_pretrain": 2,
    "training.checkpoint_seconds": 0.0,
    "training.threads": 1,
}


class Blocks(nn.Module):
    """G that copies pixels, and adds a constant."""

    def __init__(self, scale, more=0.0):
        super().__init__()
        self.scale = scale
        self.more = nn.Parameter(torch.tensor(more))

    def forward(self, x):
        self.given = x
        return F.interpolate(x, scale_factor=self.scale) + self.more


class Bright(nn.Module):
    """D whose score is the brightness, with two layers of features."""

    def __init__(self):
        super().__init__()
        self.more = nn.Parameter(torch.zeros(1))
        self.shown = []

    def judge(self, x, labels=None):
        self.shown.append(x.detach().clone())
        score = x.mean((1, 2, 3)).unsqueeze(1) + self.more
        return Verdict(score, [2 * x, 6 * score], None)


def pictures(count=20, size=16, channels=3, seed=0):
    """Smooth patterns, of which a small version tells something."""
    chance = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, channels, size // 4, size // 4, generator=chance) * 255
    return Pictures("waves", F.interpolate(coarse, size=(size, size), mode="bilinear").byte())


def make(changes=None, size=16):
    config = put(RunConfig(), {**SMALL, **(changes or {})})
    return Trainer(config, pictures(size=size), pictures(12, size, seed=1))


def bare(changes=None, more=0.1):
    """A trainer whose players are the simplest there are."""
    t = make(changes)
    scale = t.config.objective.scale
    t.game.players["G"] = Player("g", Blocks(scale, more), Blocks(scale, more))
    t.game.players["D"] = Player("d", Bright())
    return t


def played(t, steps, movers):
    return list(t.game.round(t.batches, Now(steps, 0), movers))


def next_real(t):
    """The batch that the game will draw next."""
    ahead = copy.deepcopy(t.batches)
    return ahead.draw().x


# -- the round -------------------------------------------------------------------------------------


def test_first_g_alone_on_pixels_then_both():
    t = make()
    before = copy.deepcopy(t.game.players["D"].network.state_dict())
    (alone,) = played(t, 1, ALONE)
    assert (alone.players, alone.images) == (("G",), 6), "its pictures count too"
    assert set(alone.readings) == {"pixels", "PSNR", "PSNR bicubic"}
    after = t.game.players["D"].network.state_dict()
    assert all(torch.equal(a, b) for a, b in zip(before.values(), after.values(), strict=True))
    d, g = played(t, 2, BOTH)
    assert (d.players, d.images, g.players, g.images) == (("D",), 6, ("G",), 0)
    assert set(d.readings) == {"loss/D", "D(x)", "D(G(z))"}
    assert set(g.readings) == {"loss/G", *alone.readings}
    assert set(d.readings) | set(g.readings) <= set(t.game.readings)
    assert not any(r.requires_grad for r in (d.readings | g.readings).values())


def test_the_trainer_plays_both_parts_and_counts_all_pictures():
    t = make()
    for _ in range(4):
        t.round()
    assert (t.counts.images, t.counts.batches) == (24, 4)
    rows = t.flush()
    d = rows[:, t.history.columns.index("loss/D")]
    assert np.isnan(d).tolist() == [True, True, False, False]


@pytest.mark.parametrize(("norm", "distance"), [("absolute", F.l1_loss), ("squared", F.mse_loss)])
@pytest.mark.parametrize("scale", [2, 4])
def test_pretraining_is_the_weighted_distance_to_the_true_pixels(norm, distance, scale):
    t = bare({
        "objective.pixels": 3.0, "objective.pixel_norm": norm, "objective.scale": scale,
    })  # fmt: skip
    x = next_real(t)
    (move,) = played(t, 0, ALONE)
    g = t.game.players["G"].network
    assert g.given.shape == (6, 3, 16 // scale, 16 // scale)
    gap = distance(F.interpolate(g.given, scale_factor=scale) + 0.1, x)
    torch.testing.assert_close(move.loss, 3 * gap)
    torch.testing.assert_close(move.readings["pixels"], gap)


def test_g_is_given_the_true_picture_shrunk_as_a_file_would_hold_it():
    t = bare()
    x = next_real(t)
    played(t, 0, ALONE)
    low = shrunk(((x + 1) * 127.5).round().byte(), 2)
    assert torch.equal(t.game.players["G"].network.given, to_range(low, "tanh"))


def test_in_the_game_g_descends_pixels_and_verdict_and_features():
    t = bare({
        "objective.pixels": 3.0, "objective.adversarial": 0.5, "objective.features": 7.0,
        "objective.share_fakes": False,
    })  # fmt: skip
    t.batches.draw()  # D's
    x = next_real(t)
    t.batches.load_state_dict({"epoch": 0, "position": 0})
    _, g = played(t, 2, BOTH)
    fake = (F.interpolate(t.game.players["G"].network.given, scale_factor=2) + 0.1).detach()
    score = fake.mean((1, 2, 3))
    apart = (2 * (fake - x)).abs().mean() + (6 * (score - x.mean((1, 2, 3)))).abs().mean()
    verdict = 0.5 * F.softplus(-score).mean() + 7.0 * apart / 2
    torch.testing.assert_close(g.readings["loss/G"], verdict)
    torch.testing.assert_close(g.loss.detach(), verdict + 3.0 * (fake - x).abs().mean())


def test_d_is_shown_the_true_picture_and_then_gs():
    t = bare()
    x = next_real(t)
    d_move, _ = played(t, 2, BOTH)
    real, fake = t.game.players["D"].network.shown[:2]
    assert torch.equal(real, x)
    given = t.game.players["G"].network.given
    torch.testing.assert_close(fake, F.interpolate(given, scale_factor=2) + 0.1)
    d_move.loss.backward()
    assert t.game.players["G"].network.more.grad is None, "G's pictures are constants to D"


@pytest.mark.parametrize(("share", "forwards"), [(True, 1), (False, 2)])
def test_sharing_what_d_judged_spares_a_forward_of_g(share, forwards):
    t = make({"objective.share_fakes": share})
    made = []
    t.game.players["G"].network.register_forward_hook(lambda m, i, o: made.append(o))
    played(t, 2, BOTH)
    assert len(made) == forwards and made[-1].requires_grad


@pytest.mark.parametrize("output", ["tanh", "sigmoid"])
def test_decibels_are_of_the_batch_and_beside_them_bicubic(output):
    t = bare({"networks.g.output": output}, more=0.0)
    x = next_real(t)
    (move,) = played(t, 0, ALONE)
    true = (x * 255 if output == "sigmoid" else (x + 1) * 127.5).round().byte()
    low = shrunk(true, 2)
    blocks, cubic = F.interpolate(low, scale_factor=2), enlarged(low.float(), 2).clamp(0, 255)

    def decibels(made):
        return 10 * math.log10(255**2 / (made.double() - true).square().mean())

    assert move.readings["PSNR"].item() == pytest.approx(decibels(blocks), abs=0.01)
    assert move.readings["PSNR bicubic"].item() == pytest.approx(decibels(cubic), abs=0.01)


def test_decibels_stay_finite_where_nothing_differs():
    config = put(RunConfig(), SMALL)
    t = Trainer(config, Pictures("flat", torch.full((9, 3, 16, 16), 90, dtype=torch.uint8)))
    t.game.players["G"] = Player("g", Blocks(2), Blocks(2))
    (move,) = played(t, 0, ALONE)
    assert move.readings["PSNR"].item() == pytest.approx(100.0)


def test_a_little_pretraining_brings_g_nearer():
    t = make({"training.g_pretrain": 40, "optim.g.lr": 3e-3, "networks.g.init": "framework"})
    for _ in range(40):
        t.round()
    pixels = t.flush()[:, t.history.columns.index("pixels")]
    assert pixels[-5:].mean() < pixels[:5].mean() / 1.5


def test_a_run_resumed_in_the_middle_goes_on_bit_for_bit(differences, tmp_path):
    changes = {"objective.features": 1.0, "objective.instance_noise": 0.1}
    left, whole = make(changes), make(changes)
    left.round()
    checkpoints.save(left.state_dict(), tmp_path / "a.pt")
    state = checkpoints.load(tmp_path / "a.pt")
    resumed = Trainer(config_of(state), left.pictures, pictures(12, seed=1))
    resumed.load_state_dict(state)
    for _ in range(3):
        resumed.round()
    for _ in range(4):
        whole.round()
    assert differences(whole.state_dict(), resumed.state_dict()) == []


def test_a_wasserstein_critic_is_clipped():
    t = make({"objective.loss": "wasserstein", "training.g_pretrain": 0})
    t.round()
    assert all(p.abs().max() <= 0.01 + 1e-9 for p in t.game.players["D"].network.parameters())


# -- resampling ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("resample", "side"), [(shrunk, 8), (enlarged, 32)])
def test_bicubic_is_pillows(resample, side):
    true = pictures().images
    ours = resample(true, 2)
    assert ours.dtype == torch.uint8
    for image, made in zip(true, ours, strict=True):
        pillow = Image.fromarray(image.permute(1, 2, 0).numpy()).resize(
            (side, side), Image.Resampling.BICUBIC
        )
        theirs = torch.from_numpy(np.array(pillow)).permute(2, 0, 1)
        assert (made.int() - theirs.int()).abs().max() <= 1


@pytest.mark.parametrize("scale", [2, 4])
def test_flat_pictures_stay_flat(scale):
    flat = torch.tensor([0, 7, 255], dtype=torch.uint8).view(3, 1, 1, 1).expand(3, 1, 8, 16)
    assert torch.equal(shrunk(flat, scale), flat[..., : 8 // scale, : 16 // scale])
    assert torch.equal(enlarged(flat[..., :4], scale).unique(), flat.unique())


# -- what people see -------------------------------------------------------------------------------


def test_eight_pictures_with_something_in_them_are_watched_evenly_spaced():
    images = pictures(64).images
    images[::2] = 128  # nothing to see
    picked = chosen(images, 8)
    places = [next(i for i in range(64) if torch.equal(images[i], p)) for p in picked]
    assert all(p % 2 for p in places)
    assert [p // 8 for p in places] == list(range(8))


def test_few_or_flat_pictures_are_watched_as_they_are():
    images = pictures(3).images
    assert torch.equal(chosen(images, 8), images)
    flat = torch.zeros(20, 1, 8, 8, dtype=torch.uint8)
    assert chosen(flat, 8).shape == (8, 1, 8, 8)


def test_the_comparison_holds_low_bicubic_generated_and_true(differences):
    t = bare()
    before = copy.deepcopy(t.state_dict())
    one = t.preview()["comparison"]
    assert (one.columns, one.heads) == (4, ("low", "bicubic", "generated", "true"))
    assert one.images.shape == (32, 3, 16, 16) and one.images.dtype == torch.uint8
    low, cubic, made, true = one.images.view(8, 4, 3, 16, 16).unbind(1)
    assert torch.equal(low[..., ::2, ::2], low[..., 1::2, 1::2]), "every pixel is a block"
    assert torch.equal(cubic, enlarged(low[..., ::2, ::2], 2))
    assert (made.int() - low.int()).float().mean().item() == pytest.approx(0.1 * 127.5, abs=0.6)
    held_out = {p.numpy().tobytes() for p in pictures(12, seed=1).images}
    assert {p.numpy().tobytes() for p in true} <= held_out
    assert one.caption == (
        f"PSNR {psnr(made, true).mean():.1f} dB (bicubic {psnr(cubic, true).mean():.1f}),"
        f" SSIM {ssim(made, true).mean():.2f} ({ssim(cubic, true).mean():.2f})"
    )
    assert differences(before, t.state_dict()) == []


def test_pictures_too_small_for_ssim_are_compared_without_it():
    caption = make(size=8).preview()["comparison"].caption
    assert caption.startswith("PSNR ") and "SSIM" not in caption


def test_all_readings_of_both_parts_have_a_curve():
    config = put(RunConfig(), SMALL)
    shown = {curve.column for figure in figures(config) for curve in figure.curves}
    assert {"PSNR", "PSNR bicubic", "pixels", "loss/D", "loss/G", "D(x)", "D(G(z))"} <= shown


# -- pictures in, pictures out ---------------------------------------------------------------------


@pytest.mark.parametrize("scale", [2, 4])
def test_any_picture_in_a_larger_one_out(scale):
    config = put(RunConfig(), {**SMALL, "objective.scale": scale})
    g = game_of(config).generators(config, Kind(3, 16, ()))["G"].eval()
    made = apply(config, {"G": g}, torch.zeros(2, 3, 10, 7, dtype=torch.uint8))
    assert made.shape == (2, 3, 10 * scale, 7 * scale) and made.dtype == torch.uint8


def test_a_picture_of_other_colour_is_refused():
    config = put(RunConfig(), SMALL)
    g = game_of(config).generators(config, Kind(3, 16, ()))["G"].eval()
    with pytest.raises(ConfigError, match="cannot take pictures of 1×8×8"):
        apply(config, {"G": g}, torch.zeros(1, 1, 8, 8, dtype=torch.uint8))


def test_what_g_begins_from_is_the_small_pictures():
    config = put(RunConfig(), SMALL)
    assert torch.equal(game_of(config).given(config, pictures()), shrunk(pictures().images, 2))


# -- what cannot be played -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "size", "words"),
    [
        ({"objective.scale": 4}, 30, "30×30 px cannot be shrunk 4 times .* such as 28"),
        ({}, 9, "such as 8"),
        ({"networks.labels": "concat"}, 16, "networks.labels must be none"),
        ({"networks.g.family": "dcgan"}, 16, r"networks\.g\.family"),
        (
            {"networks.g.family": "layers", "networks.g.layers": ({"kind": "conv"},)},
            16,
            "3×16×16|3×8×8",
        ),
    ],
)
def test_what_cannot_be_played_is_said_before_the_run(changes, size, words):
    config = put(RunConfig(), {**SMALL, **changes})
    with pytest.raises(ConfigError, match=words):
        rehearse(config, Kind(3, size, ()))


@pytest.mark.parametrize("scale", [2, 4])
def test_what_can_be_played_passes_the_rehearsal(scale):
    rehearse(put(RunConfig(), {**SMALL, "objective.scale": scale}), Kind(1, 32, ()))


def test_features_are_compared_picture_by_picture_and_layer_by_layer():
    real = [torch.zeros(2, 3, 4, 4), torch.tensor([[0.0], [2.0]])]
    fake = [torch.full((2, 3, 4, 4), -1.0), torch.tensor([[2.0], [0.0]])]
    assert matched_layers(real, fake).item() == pytest.approx((1.0 + 2.0) / 2)
