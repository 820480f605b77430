"""Links: every experiment comes back as it was; whatever else is sent is refused or ignored in
words, in bounded time."""

import base64
import binascii
import json
import string
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_lab import share
from gan_lab.config import KNOBS, ConfigError, LayerSpec, RunConfig, from_tree, get, put
from gan_lab.data import NAMED
from gan_lab.presets import DEFAULT, preset, presets
from gan_lab.share import Link, ShareError, View, decode, encode, stays_behind

SETS = ["digits", "mnist:3,8", "cifar10:horse", "ring:0,4", "drawn:AABB.CCDD"]
LETTERS = string.ascii_letters + string.digits + "-_"


def values_of(knob):
    """Valid values of one parameter, as far as it alone decides."""
    match knob.kind:
        case "choice":
            return st.sampled_from(knob.choices)
        case "bool":
            return st.booleans()
        case "text":
            return st.sampled_from(SETS if knob.path == "data.name" else [""])
        case "layers":
            layer = st.builds(
                LayerSpec, channels=st.integers(0, 8192), slope=st.floats(0, 1),
                bias=st.booleans(), padding=st.sampled_from(["same", 0, 64]),
            )  # fmt: skip
            return st.lists(layer, max_size=4).map(tuple)
        case "ints":
            return st.lists(st.integers(1, 8192), min_size=1, max_size=8).map(tuple)
        case "int":
            return st.integers(int(knob.low), int(knob.high))
        case _:
            return st.floats(
                knob.low, knob.high, exclude_min=knob.low_open, exclude_max=knob.high_open
            )


def changed(config, changes):
    """With those of the changes that are allowed, one after the other."""
    for path, value in changes.items():
        try:
            config = put(config, {path: value})
        except ConfigError:  # against another parameter
            continue
    return config


OVERRIDES = {
    f"optim.players.{name}.{field}": values_of(KNOBS[f"optim.{name[0].lower()}.{field}"])
    for name in ("G", "D", "G_ab", "D_a")
    for field in ("lr", "beta1", "name")
}
CHANGES = st.fixed_dictionaries(
    {}, optional={path: values_of(knob) for path, knob in KNOBS.items()} | OVERRIDES
)
NAMES = st.sampled_from(list(presets()))
CONFIGS = st.builds(lambda name, changes: (name, changed(preset(name).config, changes)),
                    NAMES, CHANGES)  # fmt: skip
PATHS = st.frozensets(st.sampled_from(list(KNOBS)), max_size=12)
VIEWS = st.builds(
    View, st.none() | PATHS, PATHS, st.lists(st.sampled_from(["live", "live:noise"]), max_size=2)
    .map(tuple), st.booleans(),
)  # fmt: skip


def written(content, mark="1"):
    """The text that holds this content, as ``encode`` packs it."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = binascii.crc_hqx(text, 0).to_bytes(2, "big") + packer.compress(text) + packer.flush()
    return mark + base64.urlsafe_b64encode(packed).decode().rstrip("=")


def fingerprint(name=DEFAULT):
    return share._fingerprint(preset(name).config)


# -- there and back ----------------------------------------------------------------------------


@given(CONFIGS, st.booleans(), VIEWS)
@settings(deadline=None, max_examples=150)
def test_any_experiment_comes_back_as_it_was(chosen, starts, view):
    link = Link(*chosen, starts, view)
    token = encode(link)
    assert decode(token) == (link, [])
    assert set(token) <= set(LETTERS) and len(token) <= share.LONGEST


@pytest.mark.parametrize("knob", KNOBS.values(), ids=KNOBS)
@given(data=st.data())
@settings(deadline=None, max_examples=3)
def test_every_parameter_comes_back_alone(knob, data):
    value = data.draw(values_of(knob))
    config = changed(RunConfig(), {knob.path: value})
    back, ignored = decode(encode(Link(DEFAULT, config)))
    assert get(back.config, knob.path) == get(config, knob.path)
    assert back.config == config and not ignored


@pytest.mark.parametrize("name", presets())
def test_a_preset_is_a_short_link(name):
    token = encode(Link(name, preset(name).config))
    assert len(token) < 60
    assert decode(token) == (Link(name, preset(name).config), [])


def test_ten_changes_are_a_link_that_fits_into_a_message():
    changes = {
        "optim.g.lr": 1.3e-4, "optim.d.lr": 7.5e-4, "objective.smooth_real": 0.15,
        "objective.instance_noise": 0.07, "optim.d.steps": 3, "training.seed": 123456789,
        "data.name": "mnist:3,8", "latent.dim": 100, "networks.g.width": 48,
        "regularisation.r1": 0.25,
    }  # fmt: skip
    assert len(encode(Link("quick", put(preset("quick").config, changes)))) < 300


def test_overrides_of_single_players_come_and_go():
    name = "cyclegan-small"
    base = preset(name).config
    own = put(base, {"optim.players.G_ab.lr": base.optim.g.lr, "optim.players.D_a.beta1": 0.25})
    back = decode(encode(Link(name, own)))[0].config
    assert back.optim.players["G_ab"] == {"lr": base.optim.g.lr}, "kept, though it changes nothing"
    assert back == own
    tree = own.model_dump()
    tree["optim"]["players"] = {}
    assert decode(encode(Link(name, from_tree(tree))))[0].config == from_tree(tree)


def test_a_long_network_of_like_layers_fits_and_one_of_noise_is_refused_in_words(rng_layers):
    alike = {"networks.g.layers": [{"kind": "conv", "channels": 16}] * 200}
    config = put(RunConfig(), alike)
    assert decode(encode(Link(DEFAULT, config)))[0].config == config
    with pytest.raises(ShareError, match="too long for a link"):
        encode(Link(DEFAULT, put(RunConfig(), {"networks.g.layers": rng_layers})))


@pytest.fixture
def rng_layers():
    import random

    chance = random.Random(0)
    return [
        {
            "channels": chance.randrange(8192),
            "slope": chance.random(),
            "dropout": chance.random() / 2,
        }
        for _ in range(200)
    ]


def test_what_is_of_one_machine_stays_there_and_says_so():
    changes = {"data.name": "/home/me/cats.zip", "training.start_from": "runs/secret"}
    config = put(preset("dcgan").config, changes)
    assert [note.split(" ")[1] for note in stays_behind(config)] == ["own", "weights"]
    back, ignored = decode(encode(Link("dcgan", config)))
    assert back.config == preset("dcgan").config and not ignored
    assert not stays_behind(back.config)


def test_a_link_of_the_first_version_can_always_be_read():
    """This text is out in the world; that its preset has changed since may be told of it."""
    text = (
        "15DpFjEEKwyAQRe_y11PRJoswVwlZWBQRdBoS2y6Cd4-2hWwG_nu8mfEJVm5hBWEwjwl0wNliwQfEZg9"
        "GlrgXHmhCJTzXEnOXoZ-0gbXSWpvaXNlslChfs3vvwOO98TbApqXg-deroFq5ENKF3B-9Okrx7fvo7-tyAg"
    )
    link, ignored = decode(text)
    changes = {"optim.g.lr": 1e-4, "training.seed": 42, "data.name": "mnist:3,8"}
    assert link.config == put(preset("wgan-gp").config, changes)
    assert (link.preset, link.starts) == ("wgan-gp", True)
    assert link.view == View(frozenset({"optim.g.lr"}), frozenset({"optim.d.lr"}), ("live",), False)
    assert all("has changed since" in sentence for sentence in ignored)


# -- old and wrong links -----------------------------------------------------------------------


def test_a_preset_that_is_gone_leaves_the_changes():
    link, ignored = decode(written(["gone", "0000", {"latent": {"dim": 7}}]))
    assert (link.preset, link.config) == (DEFAULT, put(preset(DEFAULT).config, {"latent.dim": 7}))
    assert len(ignored) == 1 and "no preset `gone`" in ignored[0] and DEFAULT in ignored[0]


def test_a_preset_that_was_changed_is_told():
    link, ignored = decode(written([DEFAULT, "0000"]))
    assert link.config == preset(DEFAULT).config
    assert len(ignored) == 1 and "has changed" in ignored[0]


@pytest.mark.parametrize(
    ("tree", "sentences"),
    [
        ({"objective": {"gone": 1, "smooth_real": 0.1}}, ["do not exist here: `objective.gone`"]),
        ({"networks": 3, "a": {"b": {"c": {"d": {"e": 1}}}}}, ["`networks`, `a.b.c.d`"]),
        ({"optim": {"g": {"lr": 7}}}, ["`optim.g.lr` = `7` was ignored: give a number above"]),
        ({"objective": {"loss": "magic"}}, ["`magic` was ignored: give one of non-saturating"]),
        ({"latent": {"dim": {"x": 1}}}, ["`latent.dim`"]),
        ({"training": {"seed": float("nan")}}, ["`training.seed` = `nan`"]),
        ({"training": {"start_from": "/etc"}}, ["weights of a run do not travel"]),
        ({"data": {"name": "/etc/passwd"}}, ["own pictures do not travel"]),
        ({"data": {"name": "../runs"}}, ["own pictures do not travel"]),
        ({"data": {"name": "digits:ninety"}}, ["no such classes"]),
        ({"data": {"name": "drawn:?"}}, ["no such drawing"]),
        ({"data": {"name": ["digits"]}}, ["that is no name"]),
        ({"optim": {"players": {"X": {"lr": 1}, "G_ab": {"steps": 2}}}},
         ["`optim.players.X.lr`, `optim.players.G_ab.steps`"]),
        ({"optim": {"players": {"G_ab": {"lr": -1}}}}, ["`optim.players.G_ab.lr` = `-1`"]),
        ({"objective": {"loss": "hinge", "smooth_real": 0.2}}, ["must be 0 with objective.loss"]),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_named_and_the_rest_is_taken(tree, sentences):
    whole = {"latent": {"noise": "uniform"}} | tree
    whole["latent"] = {"noise": "uniform"} | tree.get("latent", {})
    link, ignored = decode(written([DEFAULT, fingerprint(), whole]))
    assert link.config.latent.noise == "uniform"
    assert len(ignored) == len(sentences)
    for sentence, words in zip(ignored, sentences, strict=True):
        assert words in sentence
    assert link.config.data.name in NAMED


@pytest.mark.parametrize("order", [("loss", "smooth_real"), ("smooth_real", "loss")])
def test_changes_that_allow_one_another_are_taken_in_any_order(order):
    """Beside one that is refused, so that they cannot be taken all at once."""
    name = "faces-28"
    assert preset(name).config.objective.smooth_real > 0
    values = {"loss": "hinge", "smooth_real": 0.0}
    tree = {"objective": {path: values[path] for path in order}, "latent": {"dim": -1}}
    link, ignored = decode(written([name, fingerprint(name), tree]))
    assert (link.config.objective.loss, link.config.objective.smooth_real) == ("hinge", 0.0)
    assert len(ignored) == 1 and "`latent.dim`" in ignored[0]


def test_what_the_page_should_show_is_taken_as_far_as_it_exists():
    extras = {"o": ["optim.g.lr", "gone", 3], "l": "all", "u": ["live", 7, "<b>"], "z": 1, "s": 1}
    link, ignored = decode(written([DEFAULT, fingerprint(), {}, extras]))
    assert link == Link(
        DEFAULT, preset(DEFAULT).config, True, View(frozenset({"optim.g.lr"}), unfolded=("live",))
    )
    assert len(ignored) == 2 and "`gone`, `3`" in ignored[0] and "`z`" in ignored[1]


def test_nothing_that_a_link_says_is_more_than_words():
    evil = "[here](http://evil.example) `![x](y)`\n# <b>www.evil.example"
    tree = {"objective": {"loss": evil, evil: 1}, "data": {"name": evil}, evil: {}}
    tree["networks"] = {who: {"layers": [{evil: 1}]} for who in "gd"}
    extras = {"o": [evil], evil: 1}
    for sentence in decode(
        written([evil, evil, tree | {"optim": {"players": {evil: {}}}}, extras])
    )[1]:
        outside = sentence.split("`")[::2]
        assert "evil" not in "".join(outside) and "\n" not in sentence


def test_many_wrong_things_are_few_sentences():
    tree = {"objective": {f"gone{i}": i for i in range(100)}, "optim": {"g": {}}}
    tree["optim"]["g"] = dict.fromkeys(("lr", "beta1", "beta2", "steps", "momentum"), "x")
    tree["latent"] = {"dim": "x", "truncation": "x", "noise": "x"}
    ignored = decode(written([DEFAULT, fingerprint(), tree]))[1]
    assert len(ignored) <= 8 and "and 94 more" in ignored[0]
    assert all(len(sentence) < 1000 for sentence in ignored)


DEEP = b"[" * 30_000
WRONG = {
    "nothing": "", "a mark alone": "1", "no base64": "1%%%%", "no text at all": "1" + "A" * 40,
    "another version": written([DEFAULT, ""], "2"), "too long": "1" + "A" * 7000,
    "no list": written({}), "too little": written([DEFAULT]), "too much": written([1] * 9),
    "other kinds": written([DEFAULT, "", []]), "deep": written(DEEP),
    "a bomb": written(b"[" + b" " * 4_000_000 + b"]"), "endless number": written(b"9" * 20_000),
    "many": written([DEFAULT, "", {f"x{i}": 0 for i in range(1000)}]),
    "no text": written(b"\xff\xfe"), "unicode": "1ä" + "\N{SNOWMAN}" * 9,
}  # fmt: skip


@pytest.mark.parametrize("token", WRONG.values(), ids=WRONG)
def test_what_is_no_link_is_refused_in_plain_words(token):
    with pytest.raises(ShareError, match=r"^This link .* Here is the experiment"):
        decode(token)


def test_a_bomb_stays_small():
    assert len(WRONG["a bomb"]) < share.LONGEST, "it must be short enough to be looked at"
    unpacker = zlib.decompressobj(-15)
    unpacker.decompress(base64.urlsafe_b64decode(WRONG["a bomb"][1:] + "==")[2:], 4_100_000)
    assert unpacker.eof


def tried(token):
    """A link or the one error, whatever the text."""
    try:
        link, ignored = decode(token)
    except ShareError:
        return None
    assert link.preset in presets() and isinstance(link.config, RunConfig)
    assert not link.config.training.start_from
    assert all("\n" not in sentence for sentence in ignored)
    return link


@given(st.text() | st.text(LETTERS).map("1".__add__))
@settings(deadline=None, max_examples=300)
def test_any_text_is_a_link_or_refused(token):
    tried(token)


@given(CONFIGS, st.data())
@settings(deadline=None, max_examples=60)
def test_a_link_with_one_wrong_letter_is_noticed(chosen, data):
    token = encode(Link(*chosen))
    place = data.draw(st.integers(0, len(token) - 2))  # the last letter has bits that say nothing
    letter = data.draw(st.sampled_from(LETTERS))
    wrong = token[:place] + letter + token[place + 1 :]
    assert tried(wrong) in (None, Link(*chosen)) or wrong == token
    tried(token[:place])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)  # fmt: skip
BRANCH = st.dictionaries(
    st.sampled_from(["g", "d", "lr", "loss", "layers", "dim", "name", "players", "G_ab", "seed"]),
    st.deferred(lambda: BRANCH) | JSON, max_size=4,
)  # fmt: skip
TREES = st.dictionaries(
    st.sampled_from(["data", "latent", "networks", "objective", "optim", "training"]), BRANCH | JSON
)


@given(st.tuples(st.just(DEFAULT) | JSON, st.just("") | JSON, TREES | JSON, JSON))
@settings(deadline=None, max_examples=300)
def test_any_content_is_a_link_or_refused(content):
    tried(written(content))
