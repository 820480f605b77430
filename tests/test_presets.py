"""Presets: whole experiments that state only what differs."""

import tomllib

import pytest

from gan_lab.config import ConfigError, RunConfig, difference
from gan_lab.presets import DEFAULT, FOLDER, preset, presets, read_toml


def leaves(tree, prefix=""):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key


def test_the_three_presets_are_there_and_the_default_comes_first():
    assert next(iter(presets())) == DEFAULT == "quick"
    assert {"quick", "vanilla", "dcgan"} <= set(presets())


@pytest.mark.parametrize("name", list(presets()))
def test_a_preset_says_what_it_is_and_states_only_what_differs(name):
    one = preset(name)
    assert one.name == name and one.title and one.about.endswith(".")
    tree = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    stated = set(leaves(tree)) - {"title", "about"}
    assert stated == set(difference(one.config, RunConfig()))
    assert 1 <= len(stated) <= 20


def test_the_presets_are_what_their_papers_say():
    dcgan, vanilla = preset("dcgan").config, preset("vanilla").config
    for player in (dcgan.optim.g, dcgan.optim.d):
        assert (player.name, player.lr, player.beta1, player.beta2) == ("adam", 2e-4, 0.5, 0.999)
    assert (dcgan.training.batch, dcgan.latent.dim, dcgan.latent.noise) == (128, 100, "uniform")
    assert (dcgan.networks.d.activation, dcgan.networks.d.slope) == ("leaky", 0.2)
    assert (dcgan.networks.g.activation, dcgan.networks.g.output) == ("relu", "tanh")
    assert dcgan.networks.g.batch_norm == dcgan.networks.d.batch_norm == "paper"
    assert vanilla.networks.g.family == vanilla.networks.d.family == "dense"
    assert vanilla.networks.g.batch_norm == vanilla.networks.d.batch_norm == "nowhere"
    assert vanilla.networks.d.dropout > 0 and vanilla.objective.loss == "non-saturating"


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
