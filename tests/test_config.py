"""The schema: what it says of itself, what it takes and what it refuses, in one line."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gan_lab.config import (
    GROUPS,
    KNOBS,
    LOSSES_WITH_TARGETS,
    ConfigError,
    LayerSpec,
    RunConfig,
    difference,
    from_tree,
    get,
    parse,
    put,
)

DEFAULTS = RunConfig()
# a pure number that has no unit on purpose
BARE = {
    "data.held_out", "latent.dim", "training.seed", "training.sample_every",
    "training.keep_checkpoints",
} | {f"networks.{player}.{name}" for player in "gd" for name in ("slope", "dropout")} | {
    f"objective.{name}"
    for name in (
        "smooth_real", "smooth_fake", "label_flip", "label_noise", "adversarial", "features",
        "auxiliary", "pixels", "vgg", "cycle", "identity", "augment_share", "ada_target",
    )
} | {
    f"optim.{player}.{name}"
    for player in "gd"
    for name in (
        "lr", "beta1", "beta2", "beta2_first", "momentum", "weight_decay", "clip_value",
        "clip_norm",
    )
} | {
    f"regularisation.{name}"
    for name in ("weight_clip", "gp", "dragan", "r1", "r2", "gamma_end", "drift", "ema_rampup")
}  # fmt: skip
MAY_BE_EMPTY = {"networks.g.layers", "networks.d.layers", "training.start_from"}
LAYERS = ({"kind": "linear", "channels": 64}, {"kind": "reshape", "channels": 1, "side": 8})


@pytest.mark.parametrize("knob", KNOBS.values(), ids=KNOBS)
def test_every_knob_explains_itself(knob):
    assert knob.help.endswith(".") and "\n" not in knob.help
    assert 15 < len(knob.help) < 200 + 30 * len(knob.choices), "a choice needs a word for each"
    assert isinstance(knob.live, bool)
    assert get(DEFAULTS, knob.path) == knob.default
    if knob.kind in ("int", "float"):
        assert knob.low is not None and knob.high is not None and knob.low < knob.high
        assert knob.low <= knob.default <= knob.high
        assert bool(knob.unit) != (knob.path in BARE)
    if knob.kind == "choice":
        assert knob.default in knob.choices and len(set(knob.choices)) > 1
    if knob.when is not None:
        decider = KNOBS[knob.when[0]]
        choices = decider.choices or (True, False)
        assert set(knob.when[1]) < set(choices), "some choice must switch it off"


def test_every_group_has_a_title_and_keeps_apart_what_acts_at_once():
    assert {knob.group for knob in KNOBS.values()} == GROUPS.keys()
    live = {knob.group for knob in KNOBS.values() if knob.live}
    assert live.isdisjoint(knob.group for knob in KNOBS.values() if not knob.live)
    assert [group for group in GROUPS if group in live] == list(GROUPS)[: len(live)]


def test_the_roots_and_both_players_are_as_scripts_know_them():
    roots = {path.split(".")[0] for path in KNOBS}
    assert roots == {
        "data", "latent", "networks", "objective", "optim", "regularisation", "training",
    }  # fmt: skip
    assert {"latent.dim", "optim.g.lr", "optim.d.lr", "networks.g.up", "networks.d.down"} <= set(
        KNOBS
    )


def values_of(knob):
    """Valid values of one parameter, as far as it alone decides."""
    match knob.kind:
        case "choice":
            return st.sampled_from(knob.choices)
        case "bool":
            return st.booleans()
        case "text":
            if knob.path == "data.background":  # the one text that has a pattern
                return st.sampled_from(["white", "black", "grey", "#ffcc00", "#00FF7f"])
            return st.sampled_from(["digits", "mnist:3,8", "my pictures"])
        case "layers":
            return st.lists(st.builds(LayerSpec, channels=st.integers(0, 8192)), max_size=3).map(
                tuple
            )
        case "ints":
            return st.lists(st.integers(1, 8192), min_size=1, max_size=8).map(tuple)
        case "int":
            low = 8 if knob.path == "data.size" else int(knob.low)
            numbers = st.integers(low, int(knob.high))
            return numbers.filter(lambda n: n != 3) if knob.path == "objective.scale" else numbers
        case _:
            return st.floats(
                knob.low, knob.high, exclude_min=knob.low_open, exclude_max=knob.high_open
            )


def written(knob, value):
    """A value as people write it behind --set."""
    match knob.kind:
        case "layers":
            return json.dumps([layer.model_dump() for layer in value])
        case "ints":
            return ",".join(map(str, value))
        case _:
            return str(value)


LONERS = [  # those that no other parameter can forbid
    knob
    for path, knob in KNOBS.items()
    if path not in ("objective.loss", "objective.ada", "networks.g.padding", "networks.g.up")
    and not path.startswith("networks.g.family")
]
CHANGES = st.sampled_from(LONERS).flatmap(lambda k: st.tuples(st.just(k.path), values_of(k)))


@given(st.lists(CHANGES, max_size=6).map(dict))
def test_what_is_put_can_be_got_written_read_and_compared(changes):
    config = put(DEFAULTS, changes)
    for path, value in changes.items():
        assert get(config, path) == value
        parsed = parse(path, written(KNOBS[path], value))
        assert get(put(DEFAULTS, {path: parsed}), path) == value, "--set path=text means the same"
    differing = difference(config, DEFAULTS)
    assert differing == {p: v for p, v in changes.items() if v != KNOBS[p].default}
    assert put(DEFAULTS, differing) == config
    assert from_tree(config.model_dump()) == config
    assert RunConfig.model_validate_json(config.model_dump_json()) == config
    assert put(config, {p: KNOBS[p].default for p in changes}) == DEFAULTS


@pytest.mark.parametrize("knob", KNOBS.values(), ids=KNOBS)
def test_every_parameter_refuses_what_it_must_in_one_line(knob):
    wrong = {
        "choice": ["magic", "", 3, None],
        "bool": ["perhaps", 7, None],
        "text": ["x" * 1001, 3, None],
        "layers": [3, None, ("conv",), ({"kind": "magic"},), ({},) * 201],
        "ints": [(), (0,), (9000,), tuple(range(1, 10)), ("wide",), 5, None],
        "int": [math.nan, math.inf, "many", 1.5, None, [1]],
        "float": [math.nan, math.inf, -math.inf, "much", None, [1.0]],
    }[knob.kind]
    if knob.kind == "text" and knob.path not in MAY_BE_EMPTY:
        wrong.append("")
    if knob.kind in ("int", "float"):
        number = int if knob.kind == "int" else float
        wrong += [number(knob.low) - 1, number(knob.high) + 1]
        wrong += [knob.low] * knob.low_open + [knob.high] * knob.high_open
    for value in wrong:
        with pytest.raises(ConfigError) as caught:
            put(DEFAULTS, {knob.path: value})
        text = str(caught.value)
        assert text.startswith(knob.path), text
        assert "\n" not in text and len(text) < 1500
        told = "such as #ffcc00" if knob.path == "data.background" else "1 to 8192"
        allowed = knob.allowed if "; give " in text else told
        assert allowed in text, text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("networks.g.layers", "[{"), ("networks.g.layers", "7"),
        ("optim.g.lr", "fast"), ("training.batch", "8.5"), ("training.batch", ""),
        ("objective.joined_batch", "perhaps"), ("networks.g.hidden", "12,wide"),
        ("training.seed", "9" * 5000),
    ],
)  # fmt: skip
def test_texts_that_mean_nothing_are_refused_in_one_line(path, text):
    with pytest.raises(ConfigError) as caught:
        parse(path, text)
    assert str(caught.value).startswith(path) and KNOBS[path].allowed in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "text", "value"),
    [
        ("optim.g.lr", " 1e-4 ", 1e-4), ("training.batch", "8", 8),
        ("objective.joined_batch", "True", True), ("objective.joined_batch", "off", False),
        ("networks.g.hidden", "256,512", (256, 512)), ("networks.g.hidden", "[7]", (7,)),
        ("data.name", "mnist:3,8", "mnist:3,8"), ("training.start_from", "", ""),
    ],
)  # fmt: skip
def test_texts_are_read_as_people_write_them(path, text, value):
    assert parse(path, text) == value
    assert get(put(DEFAULTS, {path: parse(path, text)}), path) == value


@pytest.mark.parametrize(
    ("path", "suggestion"),
    [
        ("optim.g.learning_rate", "optim.g."), ("optim.g.lrr", "optim.g.lr"), ("lr", "optim.g.lr"),
        ("optm.d.lr", "optim.d.lr"), ("training.bacth", "training.batch"),
        ("batch", "training.batch"), ("networks.g.kernal", "networks.g.kernel"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ask", [get, lambda c, p: put(c, {p: 1}), lambda c, p: parse(p, "1")])
def test_unknown_paths_suggest_known_ones(ask, path, suggestion):
    with pytest.raises(ConfigError) as caught:
        ask(DEFAULTS, path)
    message = str(caught.value)
    assert message.startswith(f"there is no parameter {path!r}; did you mean ")
    assert suggestion in message and "\n" not in message


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        ({"optim": {"g": {"lrr": 1}}}, "there is no parameter 'optim.g.lrr'"),
        ({"optimiser": {}}, "there is no parameter 'optimiser'"),
        ({"optim": 3}, "optim: "),
        ({"optim": {"g": {"lr": {"x": 1}}}}, "optim.g.lr: "),
        ({"networks": {"g": {"hidden": [1, "a\nb"]}}}, "networks.g.hidden"),
        ({"networks": {"g": {"layers": [{"chanels": 3}]}}}, "there is no parameter 'networks.g"),
        ({1: 2}, "1: "),
        ([], "the configuration: "),
    ],
)
def test_trees_that_are_no_configuration_are_refused_in_one_line(tree, words):
    with pytest.raises(ConfigError) as caught:
        from_tree(tree)
    assert str(caught.value).startswith(words) and "\n" not in str(caught.value)


@pytest.mark.parametrize("loss", ["hinge", "wasserstein"])
@pytest.mark.parametrize("name", ["smooth_real", "smooth_fake", "label_flip", "label_noise"])
def test_losses_without_labels_refuse_what_changes_labels(loss, name):
    with pytest.raises(ConfigError) as caught:
        put(DEFAULTS, {"objective.loss": loss, f"objective.{name}": 0.1})
    text = str(caught.value)
    assert text.startswith(f"objective.{name} must be 0 with objective.loss = {loss}")
    assert all(other in text for other in LOSSES_WITH_TARGETS)
    assert put(DEFAULTS, {f"objective.{name}": 0.1}).objective.loss == "non-saturating"


@pytest.mark.parametrize("padding", ["reflect", "replicate"])
def test_transposed_convolutions_refuse_a_border(padding):
    with pytest.raises(ConfigError, match=r"^networks.g.padding must be zeros") as caught:
        put(DEFAULTS, {"networks.g.padding": padding})
    assert "upsample or shuffle" in str(caught.value)
    put(DEFAULTS, {"networks.g.padding": padding, "networks.g.up": "upsample"})
    put(DEFAULTS, {"networks.g.padding": padding, "networks.g.family": "dense"})
    put(DEFAULTS, {"networks.d.padding": padding})


@pytest.mark.parametrize("size", [0, 8, 9, 127, 128])
def test_sizes_that_can_be_built(size):
    assert put(DEFAULTS, {"data.size": size}).data.size == size


@pytest.mark.parametrize("size", [1, 7])
def test_sizes_too_small_to_build(size):
    with pytest.raises(ConfigError, match=r"^data.size must be 0 .* or 8 to 128 px$"):
        put(DEFAULTS, {"data.size": size})


def test_a_configuration_cannot_be_changed_behind_a_run_s_back():
    with pytest.raises(ValueError, match="frozen"):
        DEFAULTS.optim.g.lr = 1.0


def test_a_parameter_counts_only_where_its_sibling_says_so():
    knob = KNOBS["optim.g.momentum"]
    assert not knob.counts_in(DEFAULTS)
    assert knob.counts_in(put(DEFAULTS, {"optim.g.name": "sgd"}))
    assert KNOBS["optim.g.lr"].counts_in(DEFAULTS)


def test_a_list_of_layers_is_read_as_text_and_as_a_tree():
    text = written(KNOBS["networks.g.layers"], tuple(LayerSpec(**layer) for layer in LAYERS))
    config = put(DEFAULTS, {"networks.g.layers": parse("networks.g.layers", text)})
    first, second = config.networks.g.layers
    assert (first.kind, first.channels, first.activation) == ("linear", 64, "none")
    assert (second.kind, second.channels, second.side) == ("reshape", 1, 8)
    assert from_tree({"networks": {"g": {"layers": list(LAYERS)}}}) == config
    assert list(difference(config, DEFAULTS)) == ["networks.g.layers"]
    assert put(config, {"networks.g.layers": parse("networks.g.layers", "")}) == DEFAULTS


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ({"kind": "conv", "kernel": 0}, "kernel"),
        ({"kind": "conv", "padding": "around"}, "padding"),
        ({"kind": "convolution"}, "kind"),
    ],
)
def test_a_wrong_layer_is_named_with_its_number_in_one_line(layer, words):
    with pytest.raises(ConfigError) as caught:
        put(DEFAULTS, {"networks.d.layers": [LAYERS[0], layer]})
    text = str(caught.value)
    assert text.startswith("networks.d.layers.1.") and words in text and "\n" not in text


def test_a_single_player_may_differ_from_its_role():
    config = put(DEFAULTS, {"optim.g.lr": 1e-3, "optim.players.G_ab.lr": 5e-4})
    assert get(config, "optim.players.G_ab.lr") == config.optim.of("G_ab").lr == 5e-4
    assert get(config, "optim.players.G_ba.lr") == config.optim.of("G_ba").lr == 1e-3
    assert config.optim.of("D_a") == DEFAULTS.optim.d
    assert difference(config, DEFAULTS) == {"optim.g.lr": 1e-3, "optim.players.G_ab.lr": 5e-4}
    assert parse("optim.players.G_ab.lr", "5e-4") == 5e-4
    assert RunConfig.model_validate_json(config.model_dump_json()) == config
    later = put(config, {"optim.g.beta1": 0.1})
    assert later.optim.of("G_ab").beta1 == 0.1, "what is not said of a player is its role's"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("optim.players.G_ab.learning_rate", 1e-3),
        ("optim.players.X.lr", 1e-3),
        ("optim.players.G_ab", 1e-3),
        ("optim.players.G_ab.lr", 7),
        ("optim.players.D_b.name", "magic"),
        ("optim.players.G_ab.steps", 0),
    ],
)
def test_what_a_single_player_cannot_be_is_refused_in_one_line(path, value):
    with pytest.raises(ConfigError) as caught:
        put(DEFAULTS, {path: value})
    text = str(caught.value)
    assert text.startswith((path, f"there is no parameter {path!r}")) and "\n" not in text
    assert path.rsplit(".", 1)[-1] in text


@pytest.mark.parametrize("loss", ["relativistic", "relativistic-average"])
def test_adaptive_augmentation_needs_scores_with_a_zero_of_their_own(loss):
    with pytest.raises(ConfigError, match=r"^objective.ada must be false with .* by hand$"):
        put(DEFAULTS, {"objective.loss": loss, "objective.ada": True})
    assert put(DEFAULTS, {"objective.ada": True}).objective.ada
    assert put(DEFAULTS, {"objective.loss": loss, "objective.augment": "all"})


def test_pictures_grow_by_two_or_four():
    with pytest.raises(ConfigError, match=r"^objective.scale must be 2 or 4$"):
        put(DEFAULTS, {"objective.scale": 3})
