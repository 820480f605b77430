"""The list of runs, without a browser: what is told of one, and who may do what with it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from gan_lab.config import RunConfig
from gan_lab.runs import Budget, Run, RunDirectory
from gan_lab.runs.directory import runs_root
from gan_lab.runs.library import Entry
from gan_lab.ui import runs
from tests.patience import WAIT

PAGE = Path(__file__).parent.parent.parent / "pages" / "runs.py"


def entry(**what: Any) -> Entry:
    """A finished run of the preset Quick, but for what is said of it."""
    known: dict[str, Any] = {
        "name": "20261124-quick", "path": Path("20261124-quick"), "title": "Quick",
        "preset": "quick", "data": "digits", "differs": (), "steps": 10, "images": 320,
        "seconds": 1.5, "state": "finished", "measures": {}, "thumbnail": b"", "tags": (),
        "note": "", "size": 1000, "mine": True, "created": 0.0, "parent": "",
    }  # fmt: skip
    return Entry(**(known | what))


def test_what_differs_is_told_as_old_and_new_in_the_words_of_the_knobs() -> None:
    told = runs.differs(entry(differs=[("optim.g.lr", 0.05), ("objective.instance_noise", 0.1)]))
    assert told == ["G: Learning rate 4e-3 → 0.05", "Instance noise (σ) 0 → 0.1"]


def test_a_knob_of_another_version_is_told_by_its_path() -> None:
    assert runs.differs(entry(differs=[("objective.nonsense", "<b>x</b>")])) == [
        "objective.nonsense ? → <b>x</b>"
    ]


def test_a_run_that_nobody_named_is_called_by_its_folder() -> None:
    assert runs.told_of(entry(title=""))["title"] == "20261124-quick"
    assert runs.told_of(entry(title="Mine"))["title"] == "Mine"


def test_runs_with_one_name_are_told_apart() -> None:
    found = [entry(title="Mine", name=f"20261124-quick-{end}") for end in ("a1", "b2")]
    told = runs.data_of([*found, entry(title="Another")])["runs"]
    assert [(run["title"], run["apart"]) for run in told] == [
        ("Mine", "a1"), ("Mine", "b2"), ("Another", ""),
    ]  # fmt: skip


def test_of_a_generator_alone_nothing_is_told_of_its_training() -> None:
    assert runs.told_of(entry(state="generator alone"))["alone"]
    assert not runs.told_of(entry(state="finished"))["alone"]


def test_the_preset_need_not_be_known() -> None:
    told = runs.told_of(entry(preset="of-tomorrow", differs=[("optim.g.lr", 0.05)]))
    assert told["preset"] == "of-tomorrow"
    assert len(told["differs"]) == 1


@pytest.mark.parametrize(
    ("state", "mine", "can"),
    [
        ("finished", True, {"take", "label", "remove"}),
        ("stopped", True, {"take", "resume", "label", "remove"}),
        ("left behind", True, {"take", "resume", "label", "remove"}),
        ("stopped", False, {"take", "resume"}),
        ("training here", True, {"take", "label"}),
        ("paused", True, {"take", "label"}),
        ("elsewhere", True, {"label"}),
        ("damaged", True, {"label", "remove"}),
        ("generator alone", True, {"take", "label", "remove"}),
    ],
)
def test_what_can_be_done_with_a_run_is_offered_and_nothing_else(state, mine, can) -> None:
    told = runs.told_of(entry(state=state, mine=mine))
    assert {name for name, yes in told["can"].items() if yes} == can
    assert state in runs.STATES


def test_the_step_at_which_a_run_was_measured_is_told() -> None:
    assert runs.told_of(entry(measures={"swd": 1.0}, measured_at=1200))["measuredAt"] == 1200


def test_measures_that_this_version_does_not_know_keep_their_names_and_no_order() -> None:
    some = [entry(measures={"swd": 1.0, "of-tomorrow": 2.0})]
    assert [one["name"] for one in runs.data_of(some)["measures"]] == ["swd"]
    assert [m["title"] for m in runs.told_of(some[0])["measures"]][1] == "of-tomorrow"


def test_without_runs_a_student_reads_what_will_be_here() -> None:
    app = AppTest.from_file(str(PAGE), default_timeout=WAIT)
    app.session_state["visitor"] = "a visitor"
    app.run()
    assert not app.exception
    assert "no runs yet" in app.info[0].value


@pytest.mark.parametrize("state", ["damaged", "elsewhere"])
def test_a_run_in_any_state_opens_as_far_as_it_can_be_read(
    state: str, small: Callable[..., RunConfig]
) -> None:
    directory = RunDirectory.create(runs_root() / "one")
    assert Run(small(), directory, budget=Budget(steps=4)).start().join(WAIT)
    for path in directory.path.glob("*/*.pt") if state == "damaged" else ():
        path.write_bytes(b"damaged")
    directory = RunDirectory(directory.path)
    trained = directory.claimed() if state == "elsewhere" else contextlib.nullcontext()
    with trained:
        hosted = runs.opened("one")
        moment = hosted.run.latest()
    assert moment.state.over
    assert moment.note if state == "damaged" else moment.counts.steps == 4
