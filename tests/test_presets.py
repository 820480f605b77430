"""Presets: whole experiments that state only what differs, with the numbers of their sources."""

import tomllib

import pytest
import torch

from gan_lab.config import KNOBS, ConfigError, RunConfig, difference, put
from gan_lab.data import Kind, Pictures, load
from gan_lab.data.named import NAMED
from gan_lab.games import game_of, rehearse
from gan_lab.presets import DEFAULT, FOLDER, GROUPS, preset, presets, read_toml
from gan_lab.training.trainer import Trainer

TABLE = """
quick vanilla dcgan goodfellow-2014 goodfellow-2014-minimax dcgan-paper dcgan-tutorial dcgan-small
tutorial-mnist faces-28 faces-28-wide faces-128-rmsprop faces-128-rmsprop-small cifar-one-class
non-saturating wgan-clip wgan-gp lsgan sngan-hinge dragan ragan r3gan stacked-mnist stacked-mnist-r1
stacked-mnist-classic stacked-mnist-classic-r1 cgan acgan cgan-projection loss-from-probabilities
minibatch-discrimination feature-matching self-attention differentiable-augmentation ada
""".split()
YARDSTICK = "non-saturating"


def leaves(tree, prefix=""):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key


def config_of(name):
    return preset(name).config


def kind_of(config):
    """What the pictures of a preset are like, without reading them."""
    entry = NAMED.get(config.data.name.partition(":")[0])
    if entry is None:
        return Kind(3, config.data.size or 64, ("a", "b"))
    channels = {"own": entry.channels, "grey": 1, "rgb": 3}[config.data.colour]
    return Kind(channels, config.data.size or entry.size, entry.classes or ("a", "b"))


def parameters(name):
    """Trained numbers of G and of D."""
    config = config_of(name)
    with torch.device("meta"):
        game = game_of(config)
        made = (
            game.generators(config, kind_of(config)),
            game.discriminators(config, kind_of(config)),
        )
    return tuple(sum(p.numel() for n in ns.values() for p in n.parameters()) for ns in made)


# -- what every preset keeps to ------------------------------------------------------------------


def test_all_presets_are_there_the_default_first_then_group_by_group():
    assert next(iter(presets())) == DEFAULT == "quick"
    assert set(TABLE) <= set(presets())
    groups = [one.group for one in presets().values()]
    order = [group for i, group in enumerate(groups) if not i or groups[i - 1] != group]
    assert len(order) == len(set(order)), "a group stands in one place"
    known = [group for group in order if group in GROUPS]
    assert known == [group for group in GROUPS if group in known]


@pytest.mark.parametrize("name", list(presets()))
def test_a_preset_says_what_it_is_and_states_only_what_differs(name):
    one = preset(name)
    assert one.name == name and one.title and one.group
    assert one.about.endswith(".") and len(one.about) < 130
    text = (FOLDER / f"{name}.toml").read_text("utf-8")
    stated = set(leaves(tomllib.loads(text))) - {"title", "about", "group"}
    differing = set(difference(one.config, RunConfig()))
    assert stated == differing if name in TABLE else stated >= differing
    assert 1 <= len(stated) <= 40
    assert text.count("\n#") >= 1, "it says where its numbers come from"
    for path in stated:
        if not path.startswith(("networks.", "optim.players.")):
            assert KNOBS[path].counts_in(one.config), f"{path} has no effect here"


@pytest.mark.parametrize("name", list(presets()))
def test_a_preset_s_networks_can_be_built_for_its_pictures(name):
    config = config_of(name)
    with torch.device("meta"), torch.no_grad():
        game_of(config).rehearse(config, kind_of(config))


SHRUNK = {
    "networks.g.width": 4, "networks.d.width": 4, "networks.g.max_width": 8,
    "networks.d.max_width": 8, "networks.g.hidden": (8,), "networks.d.hidden": (8,),
    "networks.g.blocks": 1, "networks.d.blocks": 1, "training.batch": 4, "training.grid": 2,
    "training.d_pretrain": 0, "training.g_pretrain": 0, "training.device": "cpu",
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [n for n in TABLE if n not in ("faces-128-rmsprop", "tutorial-mnist")],  # seconds a round
)
def test_a_preset_plays_two_rounds_with_finite_readings(name):
    config = put(config_of(name), SHRUNK)
    kind = kind_of(config)
    chance = torch.Generator().manual_seed(0)
    shape = (8, kind.channels, kind.size, kind.size)
    images = torch.randint(0, 256, shape, dtype=torch.uint8, generator=chance)
    labels = torch.arange(8) % len(kind.classes)
    trainer = Trainer(config, Pictures("noise", images, labels, kind.classes))
    for _ in range(2):
        trainer.round()
    rows = trainer.flush()  # raises at what is not finite
    assert rows.shape[0] == 2
    trainer.check_weights()
    assert trainer.preview()["samples"].images.shape[1:] == shape[1:]


COMPARE = {"minibatch-discrimination", "progressive", "progressive-small"}
"""D compares the pictures of a batch; found in the files by hand, as is the next one."""
FLAT_BATCH_NORM = {"tutorial-mnist"}


@pytest.mark.parametrize("name", list(presets()))
def test_one_picture_at_a_time_trains_or_is_refused_in_one_sentence(name):
    config = put(config_of(name), SHRUNK | {"training.batch": 1})
    points = game_of(config).plays_points
    kind = load(config.data).kind if points else kind_of(config)
    if name in COMPARE | FLAT_BATCH_NORM:
        why = "compares the pictures" if name in COMPARE else "normalised over the batch"
        with pytest.raises(ConfigError, match=rf"training\.batch must be 2 or more .*{why}") as no:
            rehearse(config, kind)
        assert "\n" not in str(no.value)
        return
    rehearse(config, kind)
    if name == "faces-128-rmsprop":
        return  # seconds a round
    chance = torch.Generator().manual_seed(0)
    shape = (8, kind.channels, kind.size, kind.size)
    images = torch.randint(0, 256, shape, dtype=torch.uint8, generator=chance)
    noise = Pictures("noise", images, torch.arange(8) % len(kind.classes or "ab"), kind.classes)
    trainer = Trainer(config, load(config.data) if points else noise)
    trainer.round()
    assert trainer.slow_round()
    assert trainer.flush().shape[0] == 2  # raises at what is not finite
    trainer.check_weights()
    assert trainer.preview()


@pytest.mark.parametrize("name", ["pix2pix", "cyclegan"])
def test_batch_1_where_the_papers_have_it(name):
    config = config_of(name)
    assert config.training.batch == 1
    assert config.networks.g.norm == config.networks.d.norm == "instance"


# -- the numbers of their sources ----------------------------------------------------------------


def optims(config):
    return config.optim.g, config.optim.d


def test_goodfellow_2014():
    config, other = config_of("goodfellow-2014"), config_of("goodfellow-2014-minimax")
    assert config.networks.g.family == config.networks.d.family == "dense"
    assert config.networks.g.hidden == (1200, 1200) and config.data.name == "mnist"
    assert all((p.name, p.momentum) == ("sgd", 0.5) for p in optims(config))
    assert (config.optim.g.lr, config.training.batch, config.latent.dim) == (0.1, 100, 100)
    assert config.objective.loss == "non-saturating"
    assert difference(other, config) == {"objective.loss": "minimax"}


@pytest.mark.parametrize(
    ("name", "batch", "noise", "width"),
    [("dcgan-paper", 128, "uniform", 128), ("dcgan-tutorial", 64, "gaussian", 64),
     ("dcgan", 128, "uniform", 64), ("dcgan-small", 64, "uniform", 16)],
)  # fmt: skip
def test_dcgan(name, batch, noise, width):
    config = config_of(name)
    for player in optims(config):
        assert (player.name, player.lr, player.beta1, player.beta2) == ("adam", 2e-4, 0.5, 0.999)
    assert (config.training.batch, config.latent.dim, config.latent.noise) == (batch, 100, noise)
    assert config.networks.g.width == config.networks.d.width == width
    for network in (config.networks.g, config.networks.d):
        assert network.batch_norm == "paper" and network.init == "dcgan"
    assert (config.networks.d.activation, config.networks.d.slope) == ("leaky", 0.2)
    assert (config.networks.g.activation, config.networks.g.output) == ("relu", "tanh")


def test_dcgan_at_64_px_has_the_weights_of_the_published_networks():
    assert kind_of(config_of("dcgan-paper"))[:2] == kind_of(config_of("dcgan-tutorial"))[:2]
    assert kind_of(config_of("dcgan-paper"))[:2] == (3, 64)
    # as pytorch/examples has them, but for a constant in D's score
    assert parameters("dcgan-tutorial") == (3_576_704, 2_765_568 + 1)
    config = config_of("dcgan-paper")
    assert config.networks.g.width * 8 == config.networks.g.max_width == 1024


def test_the_tensorflow_tutorial():
    config = config_of("tutorial-mnist")
    assert (config.latent.dim, config.training.batch, config.data.name) == (100, 256, "mnist")
    assert all((p.name, p.lr) == ("adam", 1e-4) for p in optims(config))
    assert {layer.dropout for layer in config.networks.d.layers} == {0.3, 0.0}
    training = config.training
    assert (training.grid**2, training.sample_every, training.sample_unit) == (16, 1, "epochs")
    # its summaries: 2,330,944 with 25,472 running means and variances, and 212,865
    assert parameters("tutorial-mnist") == (2_330_944 - 25_472, 212_865)


def test_faces_28_and_what_somebody_made_of_it():
    config, wide = config_of("faces-28"), config_of("faces-28-wide")
    assert kind_of(config)[1] == 28 and config.latent.dim == wide.latent.dim == 100
    assert all((p.lr, p.beta1) == (2e-4, 0.4) for p in optims(config))
    assert all((p.lr, p.beta1) == (2e-3, 1e-4) for p in optims(wide))
    assert (config.training.batch, wide.training.batch) == (64, 128)
    objective = config.objective
    assert (objective.smooth_real, objective.smooth_fake) == (0.1, 0.0)
    assert objective.loss == "non-saturating" and config.networks.g.activation == "leaky"
    assert (config.training.sample_every, config.training.sample_unit) == (100, "batches")
    changed = difference(wide, config)
    assert {path.split(".")[0] for path in changed} == {"optim", "training"}


def test_faces_128_rmsprop():
    config = config_of("faces-128-rmsprop")
    g, d = config.networks.g.layers, config.networks.d.layers
    assert kind_of(config)[:2] == (3, 128) and config.latent.dim == 32
    assert (g[0].channels, g[1].channels, g[1].side) == (128 * 16 * 16, 128, 16)
    assert sum(layer.kind in ("conv", "transposed") for layer in g) == 8
    assert {layer.activation for layer in g[2:-1]} == {"leaky"} and g[-1].activation == "tanh"
    assert any(layer.dropout for layer in d)
    for player in optims(config):
        assert (player.name, player.lr, player.clip_value) == ("rmsprop", 1e-4, 1.0)
        assert player.schedule == "inverse"
        # an iteration is a batch: 1 / (1 + decay · iterations)
        assert config.training.batch / player.schedule_images == pytest.approx(1e-8)
    assert (config.training.batch, config.training.grid) == (16, 6)
    assert parameters("faces-128-rmsprop")[1] == 4_211_713  # printed by the notebook


def test_one_class_of_cifar():
    config = config_of("cifar-one-class")
    assert config.data.name.startswith("cifar10:") and kind_of(config)[1] == 32
    assert (config.networks.g.up, config.networks.g.activation) == ("upsample", "relu")
    assert (config.optim.g.name, config.optim.d.name) == ("adam", "sgd")
    assert config.objective.label_noise > 0 and config.latent.noise == "gaussian"
    assert not config.objective.joined_batch and config.training.d_pretrain > 0
    for up in ("transposed", "shuffle"):
        other = put(config, {"networks.g.up": up})
        with torch.device("meta"), torch.no_grad():
            game_of(other).rehearse(other, kind_of(other))


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("lsgan", {"objective.loss": "least-squares"}),
        ("wgan-clip", {"objective.loss": "wasserstein", "optim.d.steps": 5}),
        (
            "wgan-gp",
            {"objective.loss": "wasserstein", "optim.d.steps": 5, "regularisation.gp": 10.0,
             "regularisation.weight_clip": 0.0},
        ),
        ("sngan-hinge", {"objective.loss": "hinge", "networks.d.spectral_norm": True}),
        ("dragan", {"regularisation.dragan": 10.0}),
        ("ragan", {"objective.loss": "relativistic-average"}),
        (
            "loss-from-probabilities",
            {"objective.loss": "probabilities", "optim.d.lr": 1e-2, "training.d_pretrain": 30},
        ),
        ("cgan", {"networks.labels": "concat"}),
        ("acgan", {"networks.labels": "auxiliary"}),
        ("cgan-projection", {"networks.labels": "projection"}),
        ("minibatch-discrimination", {"networks.d.minibatch": "discrimination"}),
        ("feature-matching", {"objective.adversarial": 0.0, "objective.features": 1.0}),
    ],
)  # fmt: skip
def test_one_thing_differs_from_the_yardstick(name, what):
    assert difference(config_of(name), config_of(YARDSTICK)) == what


def test_the_yardstick_has_no_batch_norm_in_d():
    config = config_of(YARDSTICK)
    assert config.networks.d.batch_norm == "nowhere" and not config.networks.d.spectral_norm
    assert config_of("wgan-clip").regularisation.weight_clip == 0.01


@pytest.mark.parametrize("name", ["r3gan", "stacked-mnist"])
def test_r3gan(name):
    config = config_of(name)
    regularisation = config.regularisation
    assert config.objective.loss == "relativistic"
    assert (regularisation.r1, regularisation.r2, regularisation.penalty_every) == (1.0, 1.0, 1)
    assert regularisation.gamma_end == 0.1 and regularisation.gamma_images > 0
    for player in optims(config):
        assert (player.beta1, player.beta2_first, player.beta2) == (0.0, 0.9, 0.99)
        assert player.beta2_images > 0
    assert regularisation.ema_images > 0 and config.latent.dim == 64
    for network in (config.networks.g, config.networks.d):
        assert network.init == "fixup"
        assert all(layer.norm == "none" for layer in network.layers)
    assert config.networks.g.output == "linear"


def test_the_ablation_differs_in_the_loss_and_in_r2_alone():
    paired = config_of("stacked-mnist")
    classic, alone = {"objective.loss": "non-saturating"}, {"regularisation.r2": 0.0}
    assert difference(config_of("stacked-mnist-r1"), paired) == alone
    assert difference(config_of("stacked-mnist-classic"), paired) == classic
    assert difference(config_of("stacked-mnist-classic-r1"), paired) == classic | alone


def test_small_data():
    fixed, adaptive = config_of("differentiable-augmentation"), config_of("ada")
    assert fixed.objective.augment == adaptive.objective.augment != "none"
    assert not fixed.objective.ada and adaptive.objective.ada
    assert {path.split(".")[0] for path in difference(adaptive, fixed)} == {"objective"}


# -- reading ---------------------------------------------------------------------------------------


def test_an_unknown_preset_names_the_known_ones():
    with pytest.raises(ConfigError, match=r"there is no preset 'best'; there are quick, "):
        preset("best")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[optim", "cannot be read as TOML"),
        (b"\xff\xfe", "cannot be read as TOML"),
        (b"[optim.g]\nlr = 7", "optim.g.lr: 7 is not allowed"),
        (b"[optim.x]\nlr = 7", "there is no parameter 'optim.x'"),
    ],
)
def test_files_that_are_no_configuration_are_refused_in_one_line(tmp_path, content, words):
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_toml(path)
    assert words in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_toml(tmp_path / "none.toml")
