"""What was measured and found, read from files of any size in bounded memory."""

import json
import tracemalloc

import pytest

from gan_lab.coach import Advice, Finding, Sign
from gan_lab.coach.findings import UndoTo
from gan_lab.coach.rules import far_change
from gan_lab.measures import Measured, Value
from gan_lab.runs import journal
from gan_lab.runs.journal import Journal


def line(step, number=1.0):
    return Measured(step, "averaged", {"fd": Value(number, 100)}, 0.1).to_json()


def written(run, lines):
    (run / "measures.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")


def test_measurements_come_back_in_their_order(tmp_path):
    book = Journal(tmp_path)
    for step in range(5):
        book.note_measured(Measured(step, "raw", {"fd": Value(step / 2, 9)}, 0.5))
    assert [(m.step, m.values["fd"].number) for m in book.measured()] == [
        (step, step / 2) for step in range(5)
    ]


@pytest.mark.parametrize("count", [1, 9, 10, 11, 500])
def test_of_too_many_some_stay_and_both_ends_do(tmp_path, count):
    written(tmp_path, map(line, range(count)))
    steps = [m.step for m in Journal(tmp_path).measured(most=10)]
    assert steps == sorted(set(steps)) and len(steps) <= 10
    assert (steps[0], steps[-1]) == (0, count - 1)
    if count <= 10:
        assert len(steps) == count


def test_of_too_many_both_kinds_of_weights_stay(tmp_path):
    pairs = [{**line(step), "weights": kind} for step in range(40) for kind in ("averaged", "raw")]
    written(tmp_path, pairs)
    found = Journal(tmp_path).measured(most=20)
    kinds = [{m.weights for m in found if m.step == one.step} for one in found]
    assert len(found) <= 20 and all(kind == {"averaged", "raw"} for kind in kinds)
    assert (found[0].step, found[-1].step) == (0, 39)


def test_of_many_measurements_of_one_step_some_stay(tmp_path):
    written(tmp_path, map(line, [3] * 50))
    assert 0 < len(Journal(tmp_path).measured(most=10)) <= 10


def test_lines_that_are_none_take_no_memory(tmp_path):
    with (tmp_path / "measures.jsonl").open("wb") as file:
        file.write(json.dumps(line(1)).encode() + b"\n")
        file.write(b"[]\n" * 150_000)  # kept, they would take 9 MB
        file.write(b"[]," * 2_000_000)  # held, 6 MB
        file.write(b"\n" + json.dumps(line(2)).encode() + b"\n")
    tracemalloc.start()
    try:
        assert [m.step for m in Journal(tmp_path).measured()] == [1, 2]
        assert tracemalloc.get_traced_memory()[1] < 5 << 20
    finally:
        tracemalloc.stop()


def test_what_is_beyond_a_step_goes(tmp_path):
    written(tmp_path, map(line, range(6)))
    Journal(tmp_path).cut(3)
    assert [m.step for m in Journal(tmp_path).measured()] == [0, 1, 2, 3]
    assert journal.MEASURES in {path.name for path in tmp_path.iterdir()}


def test_what_an_advice_undoes_is_kept_and_lines_of_other_versions_are_read(tmp_path):
    advice = (Advice("Undo it.", undo=UndoTo(3, 300)), Advice("Back.", (("optim.g.lr", 0.01),)))
    finding = Finding(far_change.RULE, Sign(0.9, "It is so."), advice, 320)
    book = Journal(tmp_path)
    book.note_finding("came", 320, finding.to_json())
    assert book.standing(320) == [finding]
    former = finding.to_json()
    for one in former["advice"]:
        del one["undo"]
    book.note_finding("came", 321, former)
    assert [one.undo for one in book.standing(321)[0].advice] == [None, None]
    for bad in (3, [], {"change": 1}, {"change": "x", "step": 1}):
        told = finding.to_json()
        told["advice"][0]["undo"] = bad
        (tmp_path / "findings.jsonl").unlink()
        book.note_finding("came", 320, told)
        assert book.standing(320) == []
