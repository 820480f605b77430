"""Links and configurations of strangers: taken as far as they are sound, and the rest in words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_lab.cli.options import read_config
from gan_lab.config import KNOBS, ConfigError, RunConfig, from_tree
from gan_lab.presets import presets
from gan_lab.share import LONGEST, ShareError, decode, encode

from .harness import sentence, watched
from .links import CONFIGS, DAMAGED, EVIL, IGNORED, written
from .test_sockets import ANYTHING

LAYERS = 'such as [{"kind": "conv", "channels": 16}]'  # the schema's own word
FEW = settings(deadline=None, max_examples=120, derandomize=True, database=None)


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_link_is_refused(tmp_path, case):
    with watched(tmp_path, memory=64 << 20), pytest.raises(ShareError) as refusal:
        decode(DAMAGED[case])
    sentence(str(refusal.value), hidden=[tmp_path], most=3)


@pytest.mark.parametrize("case", IGNORED)
def test_what_a_link_may_not_say_is_told_and_is_only_words(tmp_path, case):
    with watched(tmp_path, memory=64 << 20):
        link, ignored = decode(IGNORED[case])
    assert ignored and len(ignored) <= 8
    assert link.preset in presets() and not link.config.training.start_from
    for said in ignored:
        sentence(said, hidden=[tmp_path])
        outside = "".join(said.replace(LAYERS, "").split("`")[::2])
        assert not any(sign in outside for sign in "<>[]"), said
    assert encode(link), "what was taken is an experiment like any other"


@pytest.mark.parametrize("case", CONFIGS)
def test_a_file_that_is_no_configuration_is_refused(tmp_path, case):
    name, content = CONFIGS[case]
    path = tmp_path / name
    path.write_bytes(content)
    with watched(tmp_path / "none", memory=128 << 20), pytest.raises(ConfigError) as refusal:
        read_config(path)
    sentence(str(refusal.value).replace(str(path), name), hidden=[tmp_path])


SECTIONS = sorted({path.split(".")[0] for path in KNOBS})
LEAVES = sorted({path.rsplit(".", 1)[-1] for path in KNOBS} | {"players", "g", "d", "G_ab"})
TREES = st.dictionaries(
    st.sampled_from(SECTIONS) | st.text(max_size=5),
    st.dictionaries(
        st.sampled_from(LEAVES),
        ANYTHING | st.dictionaries(st.sampled_from(LEAVES), ANYTHING, max_size=3),
        max_size=3,
    )
    | ANYTHING,
    max_size=3,
)


@FEW
@given(TREES)
def test_any_tree_is_a_configuration_or_refused(tree):
    said = "taken as it is"
    try:
        config = from_tree(tree)
        assert from_tree(json.loads(config.model_dump_json())) == config
    except ConfigError as error:
        said = str(error)
    assert "\n" not in said and said.strip()


@FEW
@given(TREES)
def test_any_tree_in_a_link_is_taken_as_far_as_it_is_sound(tree):
    link, ignored = decode(written(["quick", "", tree])[:LONGEST])
    assert isinstance(link.config, RunConfig)
    for said in ignored:
        sentence(said)


@FEW
@given(st.text(max_size=80) | st.text("1AB_-", max_size=200) | st.just(EVIL))
def test_any_text_of_an_address_is_a_link_or_refused(text):
    try:
        decode(text)
    except ShareError as error:
        sentence(str(error), most=3)
