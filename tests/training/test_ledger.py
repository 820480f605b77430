"""Entries survive the disk."""

import json

import pytest

from gan_lab.training.ledger import Entry


@pytest.mark.parametrize(
    "entry",
    [
        Entry(3, "optim.g.lr", 1e-4, 2e-4),
        Entry(0, "pause", note="Paused – σ"),
        Entry(7, "objective.loss", "hinge", "magic", "refused", "not allowed"),
        Entry(7, "\ud800", outcome="refused"),  # half a surrogate pair, as JSON may carry one
    ],
)
def test_an_entry_survives_a_file(tmp_path, entry):
    path = tmp_path / "ledger"
    path.write_text(entry.to_json() + "\n", "utf-8")
    assert Entry.from_json(path.read_text("utf-8")) == entry


def test_values_of_any_kind_can_be_noted():
    line = Entry(1, "optim.g.lr", None, object(), "refused").to_json()
    assert "object" in json.loads(line)["new"]


@pytest.mark.parametrize(
    ("entry", "turned"),
    [
        (Entry(3, "optim.g.lr", 1, 2), True),
        (Entry(3, "optim.g.lr", 1, 2, "refused"), False),
        (Entry(3, "pause"), False),
    ],
)
def test_knobs_and_buttons_are_told_apart(entry, turned):
    assert entry.turned is turned
