"""Two runs beside each other, without a browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gan_lab.config import RunConfig, put
from gan_lab.presets import preset
from gan_lab.runs import Hosted, State, labels
from gan_lab.runs.messages import Pause, Set
from gan_lab.server import registry
from gan_lab.ui import experiment, pairing, trial
from gan_lab.ui.compare import notes
from gan_lab.ui.escape import plain
from tests.patience import WAIT

from .visitor import press, until

PAGE = Path(__file__).parent.parent.parent / "pages" / "compare.py"
ME, OTHER = "a visitor", "somebody else"
NOISE = "objective.instance_noise"


@pytest.fixture
def begun(small: Callable[..., RunConfig]) -> Callable[..., Hosted]:
    """A small run that has loaded."""

    def start(owner: str = ME, **changes: object) -> Hosted:
        config = small({path.replace("__", "."): value for path, value in changes.items()})
        hosted = registry().start(config, owner, "quick")
        until(hosted, State.RUNNING)
        return hosted

    return start


def opened(**query: str) -> AppTest:
    """The page as it stands in the app, for the visitor ``ME``."""
    app = AppTest.from_file(str(PAGE), default_timeout=WAIT)
    app.session_state["visitor"] = ME
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def named(app: AppTest) -> dict[str, str]:
    """What the URL says; AppTest has lists or texts there."""
    query = dict(app.query_params)
    return {name: v if isinstance(v, str) else v[0] for name, v in query.items()}


def words(app: AppTest) -> str:
    every = (*app.markdown, *app.caption, *app.warning, *app.info)
    return "\n".join(one.value for one in every)


def test_with_no_run_the_page_says_what_to_do() -> None:
    app = opened()
    assert "You have no runs yet" in words(app)
    assert not [button for button in app.button if (button.key or "").startswith("pause:")]


def test_with_one_run_it_is_a_and_a_change_can_be_tried(begun) -> None:
    one = begun()
    app = opened(a=one.view_id)
    assert app.button(key=f"take:A:{one.view_id}").disabled
    assert app.button(key="trial:go").disabled  # nothing is changed yet
    press(app, f"take:B:{one.view_id}")  # it changes places
    assert named(app) == {"b": one.view_id}


def test_two_runs_are_in_the_url_and_can_be_paused_together(begun) -> None:
    one, other = begun(), begun(optim__g__lr=0.01)
    app = opened(a=one.view_id)
    press(app, f"take:B:{other.view_id}")
    assert named(app)["a"] == one.view_id
    assert named(app)["b"] == other.view_id
    press(app, "pause:both")
    until(one, State.PAUSED)
    until(other, State.PAUSED)
    app.run()
    assert app.button(key="resume:both").label == "Go on, both"
    press(app, "resume:B")
    until(other, State.RUNNING)
    assert one.run.latest().state is State.PAUSED
    press(app.run(), "stop:A")
    until(one, State.STOPPED)
    assert app.run().button(key="pause:A").disabled
    press(app, "stop:B")
    until(other, State.STOPPED)
    keys = {button.key for button in app.run().button}
    assert not keys & {"resume:both", "pause:both"}, "there is nothing to go on with"


def test_runs_are_called_as_somebody_named_them_and_never_alike(begun) -> None:
    one, other = begun(), begun()
    for _ in range(2):  # alike by their presets, then by their names
        a, b = pairing.titles((one, other))
        assert a != b
        ends = [(text, hosted.directory.path.name[-6:]) for text, hosted in ((a, one), (b, other))]
        assert all(text.endswith(f" · {end}") for text, end in ends)
        for hosted in (one, other):
            labels.write(hosted.directory.path, labels.labels("Anna's"))
    labels.write(other.directory.path, labels.labels("Bert's <b>"))
    assert pairing.titles((one, other)) == ["Anna's", "Bert's <b>"]
    assert "Bert's \\<b\\>" in words(opened(a=one.view_id))


def test_a_pair_is_remembered_without_the_url(begun) -> None:
    one, other = begun(), begun()
    app = opened(a=one.view_id, b=other.view_id)
    app.query_params.clear()
    app.run()
    assert named(app)["b"] == other.view_id


def test_wrong_links_are_answered_with_a_sentence(begun) -> None:
    one = begun()
    app = opened(a="nonsense", b=one.view_id)
    assert "no run under the link for A" in app.warning[0].value
    assert named(app) == {"b": one.view_id}
    app.text_input(key="link").set_value("https://example.org/?run=nothing")
    press(app, "link:A")
    assert "no run under that link" in words(app)


def test_the_same_run_twice_is_no_pair(begun) -> None:
    one = begun()
    app = opened(a=one.view_id, b=one.view_id)
    assert "the same run" in app.warning[0].value
    assert named(app) == {"a": one.view_id}


def test_somebody_elses_run_is_found_by_its_link_alone_and_can_only_be_looked_at(begun) -> None:
    mine, theirs = begun(), begun(OTHER)
    app = opened(a=mine.view_id)
    keys = [button.key or "" for button in app.button]
    assert not any(theirs.view_id in key for key in keys)
    app.text_input(key="link").set_value(f"http://here:8501/?run={theirs.view_id}")
    press(app, "link:B")
    assert named(app)["b"] == theirs.view_id
    keys = [button.key for button in app.button]
    assert "pause:A" in keys
    assert "pause:B" not in keys
    assert "pause:both" not in keys
    assert "B is somebody else's run" in words(app)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("abc", "abc"),
        (" abc\n", "abc"),
        ("http://x/?run=abc", "abc"),
        ("http://x/base/compare?a=abc&b=def", "abc"),
        ("http://x/compare?b=def", "def"),
        ("", ""),
        ("http://[", "http://["),
    ],
)
def test_a_view_id_is_read_out_of_what_was_pasted(text: str, found: str) -> None:
    assert pairing.view_id_of(text) == found


def test_a_change_from_now_becomes_b_and_both_train(begun) -> None:
    one = begun()
    app = opened(a=one.view_id)
    one.run.send(Pause())
    until(one, State.PAUSED)
    step = one.run.latest().counts.steps
    app.run()
    app.selectbox(key="trial:knob").set_value(NOISE).run()
    app.slider(key=f"knob:trial:{NOISE}").set_value(0.3).run()
    app.slider(key=f"knob:trial:{NOISE}").set_value(0.5)  # the page has not been drawn since
    press(app, "trial:go")
    other = registry().get(named(app)["b"])
    assert other is not None
    until(other, State.RUNNING)
    assert other.parent is not None
    assert other.parent.step == step  # of this very moment
    assert [(e.path, e.new) for e in other.run.ledger() if e.path == NOISE] == [(NOISE, 0.5)]
    assert other.run.latest().config == put(one.run.latest().config, {NOISE: 0.5})
    until(one, State.RUNNING)
    assert any("B went on from A" in note for note in notes((one, other)))


def test_a_change_from_the_beginning_may_be_of_any_knob(begun) -> None:
    one = begun()
    app = opened(a=one.view_id)
    assert "latent.dim" not in app.selectbox(key="trial:knob").options
    app.radio(key="trial:begins").set_value(trial.START).run()
    app.selectbox(key="trial:knob").set_value("latent.dim").run()
    knob = next(w for w in (*app.select_slider, *app.number_input, *app.slider)
                if w.key == "knob:trial:latent.dim")  # fmt: skip
    knob.set_value(8).run()
    press(app, "trial:go")
    other = registry().get(named(app)["b"])
    assert other is not None
    until(other, State.RUNNING)
    assert other.parent is None
    assert other.run.latest().config == put(one.run.latest().config, {"latent.dim": 8})


def test_what_differs_is_told_in_words(small: Callable[..., RunConfig]) -> None:
    one = small()
    assert experiment.differences(one, one) == []
    other = put(one, {"optim.g.lr": 0.05, "objective.smooth_real": 0.1, "networks.g.hidden": (7,)})
    assert sorted(experiment.differences(one, other)) == [
        ("G: Hidden (units)", "12", "7"),
        ("G: Learning rate", "2e-4", "0.05"),
        ("One-sided label smoothing", "0", "0.1"),
    ]


def test_a_players_own_value_is_told_whoever_has_it(small: Callable[..., RunConfig]) -> None:
    one = small({"objective.game": "unpaired"}, "cyclegan-small")
    own = put(one, {"optim.players.G_ab.lr": 0.5})
    assert one.optim.g.lr == 0.001
    assert experiment.differences(one, own) == [("G_ab: Learning rate", "1e-3", "0.5")]
    assert experiment.differences(own, one) == [("G_ab: Learning rate", "0.5", "1e-3")]


def test_lists_of_as_many_layers_are_not_told_as_if_they_were_the_same() -> None:
    one = put(RunConfig(), {"networks.g.layers": ({"kind": "linear", "channels": 4},)})
    other = put(RunConfig(), {"networks.g.layers": ({"kind": "linear", "channels": 5},)})
    ((name, first, second),) = experiment.differences(one, other)
    assert name.startswith("G: ")
    assert (first, second) == ("1 layers", "1 layers, but others")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "The same z in both"),
        ({NOISE: 0.5}, "The same z in both"),
        ({"training.seed": 5}, "differ in their seed:"),
        ({"latent.dim": 3, "training.seed": 5}, "differ in their seed and latent space:"),
        ({"training.grid": 3}, "differ in their number of pictures:"),
    ],
)
def test_whether_both_grids_are_made_of_the_same_z_is_said(begun, changes, said) -> None:
    pair = begun(), begun(**{path.replace(".", "__"): value for path, value in changes.items()})
    assert sum(said in note for note in notes(pair)) == 1


def test_a_knob_turned_on_the_way_differs_at_once(begun) -> None:
    one, other = begun(), begun()
    assert any("No knob differs" in note for note in notes((one, other)))
    other.run.send(Set(NOISE, 0.25)).result(WAIT)
    assert not any("No knob differs" in note for note in notes((one, other)))


def test_other_numbers_of_threads_are_said(begun) -> None:
    one, other = begun(), begun(training__threads=2)
    assert any("A trains with 1 threads and B with 2" in note for note in notes((one, other)))
    assert not any("threads" in note for note in notes((one, one)))


def test_names_of_folders_are_shown_as_they_are() -> None:
    assert plain("a_b*c<d>[e](f)") == r"a\_b\*c\<d\>\[e\](f)"
    assert preset("quick").title in plain(preset("quick").title)
