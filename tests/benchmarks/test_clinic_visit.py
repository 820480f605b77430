"""The clinic on visitors' pages: one run before and after a turn, and what is made of samples."""

import json
import math

import numpy as np
import pytest

from tests.browser.conftest import chromium

from .test_kills import asked

COLLAPSE = {"rule": "collapse", "weight": "trouble", "title": "Mode collapse", "seen": "All alike.",
            "advice": [[["optim.g.lr", 1e-3]]]}  # fmt: skip
D_RATE = {"rule": "rate-high", "weight": "trouble", "title": "The learning rate is too high",
          "seen": "It is 1.", "advice": [[["optim.d.lr", 2e-3]]]}  # fmt: skip
FEW = {"rule": "few-images", "weight": "caution", "title": "Few images", "seen": "60.",
       "advice": []}  # fmt: skip
REST = {"rule": "equilibrium", "weight": "news", "title": "The losses rest", "seen": "At 1.39.",
        "advice": [[]]}  # fmt: skip


@pytest.fixture
def scores(benchmarks):
    import clinic_visit_scores

    return clinic_visit_scores


@pytest.fixture
def cases(benchmarks):
    import clinic_visit_cases

    return clinic_visit_cases


def sample(at, condition="healthy", *findings, state="running", seen=True, sent=None, step=None):
    return {
        "at": at, "step": 10 * at if step is None else step, "looked": 0, "state": state,
        "seen": seen, "condition": condition, "line": "", "sent": sent or condition,
        "findings": list(findings),
    }  # fmt: skip


def healthy_line(scores, cases, *samples, name="quick-digits"):
    spans = scores.spans(samples, cases.VISITS[name])
    return {"piece": f"{name}-1", "case": name, "kind": "healthy", "lost": "", "spans": spans,
            "ended": "running",
            "steps": [[one["at"], one["step"]] for one in samples]}  # fmt: skip


def caused_line(scores, cases, *samples, pressed, began, name="digits-d-rate-1", there=True):
    more = {"kind": "caused", "pressed": pressed, "began": began, "there": there, "old": 2e-3,
            "new": 1.0}  # fmt: skip
    return healthy_line(scores, cases, *samples, name=name) | more


# -- what is shown -----------------------------------------------------------------------------


def test_trouble_and_caution_are_alarms_and_news_is_none(scores):
    kinds = [("healthy",), ("watching", REST), ("caution", FEW), ("trouble", COLLAPSE, FEW)]
    shown = [sample(0, *kind) for kind in kinds]
    assert [scores.alarms(one) for one in shown] == [False, False, True, True]
    assert [scores.red(one) for one in shown] == [False, False, False, True]


def test_time_counts_while_the_line_is_seen_and_the_run_trains(scores, cases):
    line = healthy_line(
        scores, cases,
        sample(0, state="loading"),
        sample(2),
        sample(3, "caution", FEW),
        sample(5, "trouble", COLLAPSE, FEW),
        sample(6, "trouble", {**COLLAPSE, "seen": "Other numbers."}, FEW),
        sample(8, seen=False),
        sample(9),
        sample(60),  # the machine stood still: five seconds of it count
        sample(61, state="stopped"),
    )  # fmt: skip
    lengths = [(span["condition"], span["for"]) for span in line["spans"]]
    assert lengths == [("healthy", 1), ("caution", 2), ("trouble", 3), ("healthy", 6)]
    assert scores.seconds(line) == 12
    assert scores.seconds(line, scores.alarms) == 5
    assert scores.seconds(line, scores.red) == 3
    assert scores.by_rule([line, line]) == {"few-images": 10, "collapse": 6}


def test_a_page_that_shows_what_it_was_not_sent_is_noticed(scores):
    assert scores.mismatch([sample(0), sample(1, "trouble")]) == ""
    hidden = sample(2, "", seen=False, sent="healthy")
    assert scores.mismatch([hidden]) == ""
    told = scores.mismatch([sample(3, "healthy", sent="trouble")])
    assert told == "the page showed healthy and was sent trouble at 3 s"


# -- delays ------------------------------------------------------------------------------------


def test_a_step_is_found_in_time_between_two_samples(scores):
    steps = [[0, 10], [10, 110], [11, 110], [20, 200]]
    assert scores.when(steps, 5) == 0
    assert scores.when(steps, 60) == 5
    assert scores.when(steps, 110) == 10
    assert scores.when(steps, 155) == 15.5
    assert scores.when(steps, 999) == 20


def test_the_delay_is_from_the_beginning_to_the_finding_that_names_the_turn(scores, cases):
    samples = [sample(0), sample(30), sample(40, "trouble", COLLAPSE),
               sample(44, "trouble", COLLAPSE, D_RATE), sample(46, "trouble", D_RATE, COLLAPSE),
               sample(50)]  # fmt: skip
    line = caused_line(scores, cases, *samples, pressed=30, began=320)
    assert scores.delay(line) == 12
    assert not scores.named_first(line)
    assert scores.first_named(line)["rule"] == "collapse"
    assert scores.at_the_head(line) == pytest.approx(0.4)
    early = caused_line(scores, cases, sample(0), sample(31, "trouble", D_RATE), sample(33),
                        pressed=30, began=330)  # fmt: skip
    assert scores.delay(early) == 0 and scores.named_first(early)
    never = caused_line(scores, cases, sample(0), sample(40), pressed=30, began=320)
    assert scores.delay(never) == math.inf
    assert not scores.named_first(never) and scores.at_the_head(never) == 0


def test_an_alarm_that_stood_before_the_turn_is_the_first_one_after_it(scores, cases):
    line = caused_line(scores, cases, sample(0, "trouble", COLLAPSE),
                       sample(4, "trouble", D_RATE), sample(9), pressed=2, began=30)  # fmt: skip
    assert scores.first_named(line)["rule"] == "collapse"
    assert scores.at_the_head(line) == pytest.approx(5 / 7)


def test_advice_that_goes_further_the_wrong_way_names_no_cause(scores, cases):
    further = {**D_RATE, "advice": [[["optim.d.lr", 2.0]]]}
    for finding, named in ((further, False), (D_RATE, True)):
        samples = sample(0), sample(31, "trouble", finding), sample(40)
        line = caused_line(scores, cases, *samples, pressed=30, began=320)
        assert scores.named_first(line) == math.isfinite(scores.delay(line)) == named
        assert bool(scores.at_the_head(line)) == named


def test_a_finding_names_a_turn_by_its_words_or_by_its_first_advice(cases):
    visit = cases.VISITS["digits-d-rate-1"]
    assert visit.names(D_RATE) and not visit.names(COLLAPSE)
    assert visit.names({**COLLAPSE, "seen": "D's learning rate was set to 1 at step 300."})
    assert visit.names({**COLLAPSE, "title": "D: Learning rate was set to 1"})
    assert not visit.names({**COLLAPSE, "seen": "G's learning rate is high."})
    both = [[["optim.g.lr", 2e-3], ["optim.d.lr", 2e-3]]]
    assert not visit.names({**D_RATE, "advice": both})
    assert not visit.names({**D_RATE, "advice": [both[0][:1], [["optim.d.lr", 2e-3]]]})
    assert not visit.names(FEW)


# -- on disk -----------------------------------------------------------------------------------


@pytest.fixture
def disk(benchmarks):
    import clinic_visit_disk

    return clinic_visit_disk


def curve(rounds, turned, jump, back=None):
    """A noisy curve that jumps at a turn, and perhaps comes back."""
    rows = np.random.default_rng(0).normal(0, 0.1, (rounds, 2)).astype(np.float32)
    rows[turned:back, 0] += jump
    rows[:, 1] = 7  # another curve that does not matter
    return rows


def test_a_trouble_begins_where_readings_leave_their_band_for_good(disk):
    names = ["loss/D", "lr/D"]
    assert disk.left_band(names, curve(800, 400, 0.0), 400) == 0
    assert 400 < disk.left_band(names, curve(800, 400, 1.0), 400) <= 410
    assert 500 < disk.left_band(names, curve(800, 500, 1.0), 400) <= 510
    assert disk.left_band(names, curve(800, 400, 1.0, back=440), 400) == 0
    assert disk.left_band(names, curve(410, 400, 1.0), 400) == 0  # too short to be told
    assert disk.left_band(["lr/D", "lr/G"], curve(800, 400, 1.0), 400) == 0


def test_readings_and_turns_are_read_from_a_folder(disk, tmp_path):
    rows = np.arange(6, dtype="<f4").reshape(3, 2)
    (tmp_path / "history").mkdir()
    head = json.dumps({"columns": ["loss/D", "loss/G"]}).encode()
    file = tmp_path / "history" / "readings.f32"
    file.write_bytes(head + b"\n" + rows.tobytes() + b"cut")
    columns, found = disk.readings(tmp_path)
    assert columns == ["loss/D", "loss/G"] and np.array_equal(found, rows)
    assert disk.turn_of(tmp_path, "optim.d.lr") is None
    entries = [("optim.d.lr", "applied"), ("pause", "applied"), ("optim.d.lr", "applied"),
               ("optim.d.lr", "refused")]  # fmt: skip
    lines = [json.dumps({"step": i, "path": path, "outcome": outcome})
             for i, (path, outcome) in enumerate(entries)]  # fmt: skip
    (tmp_path / "ledger.jsonl").write_text("\n".join(lines))
    assert disk.turn_of(tmp_path, "optim.d.lr")["place"] == 2


# -- tables ------------------------------------------------------------------------------------


def test_the_tables_tell_totals_against_the_goals(scores, cases):
    lines = [
        healthy_line(scores, cases, sample(0), sample(3), sample(8, "caution", FEW), sample(10)),
        caused_line(scores, cases, sample(0), sample(4, "trouble", D_RATE), sample(8),
                    pressed=1, began=20),
        caused_line(scores, cases, sample(0), sample(3, "trouble", COLLAPSE),
                    sample(5, "trouble", COLLAPSE, D_RATE), sample(8), pressed=1, began=20),
        caused_line(scores, cases, sample(0), sample(1), pressed=0, began=0, there=False)
        | {"piece": "digits-d-rate-1-9"},
        healthy_line(scores, cases, sample(0)) | {"lost": "the page showed healthy"},
    ]  # fmt: skip
    told = scores.tables(lines)
    for row in (
        "| time of healthy runs with an alarm on the page | ≤ 2 % | 2 of 10 s (20.0 %) |",
        "| of that, red | 0 s | 0 s |",
        "| from the beginning of a trouble to its cause on the page, median | ≤ 30 s | 2 s |",
        "| caused troubles whose cause is named first | ≥ 90 % | 1 of 2 (50 %) |",
        "| quick-digits | 1 | 100 | 2 of 10 s (20.0 %) | 0 s | few-images 2 s |",
        "| digits-d-rate-1 | optim.d.lr: 0.002 → 1 | 2 of 3 | 1 s | 2 s, 3 s | 1 of 2 | rate-high,",
        " collapse | 50 % |",
    ):
        assert row in told
    assert "did not go wrong in digits-d-rate-1-9;" in told
    assert "Could not be measured: quick-digits-1 (the page showed healthy)." in told


def test_a_healthy_run_that_fails_is_counted_and_its_alarm_too(scores, cases):
    failed = healthy_line(
        scores, cases, sample(0), sample(3), sample(8, "trouble", D_RATE, state="failed"),
        sample(10, "trouble", D_RATE, state="failed"),
    ) | {"ended": "failed"}  # fmt: skip
    told = scores.tables([failed])
    assert (
        "| quick-digits | 1 (1 failed) | 100 | 2 of 10 s (20.0 %) | 2 s | rate-high 2 s |" in told
    )
    assert "| of that, red | 0 s | 2 s |" in told


# -- cases -------------------------------------------------------------------------------------


def test_visitors_find_the_knobs_that_they_turn(cases):
    from gan_lab.config import KNOBS
    from gan_lab.ui.knobs import COMMON, SECTIONS
    from gan_lab.ui.widgets import label, whose

    for visit in cases.CAUSED:
        turn, config = visit.turn, visit.config(1)
        knob = KNOBS[turn.path]
        assert knob.live and knob.counts_in(config)
        assert (whose(turn.path) + label(knob)).startswith(turn.label)
        assert turn.path in COMMON if not turn.section else turn.section in SECTIONS
        assert turn.section in ("", f"live:{knob.group}")
        assert bool(turn.keys) != bool(turn.text)


def test_pieces_are_measured_two_at_a_time(cases):
    names = cases.pieces()
    assert len(names) == len(set(names)) and names[0] == "quick-digits-20"
    assert cases.piece("ring-d-rate-1-21") == (cases.VISITS["ring-d-rate-1"], 21)
    pairs = list(cases.together(names))
    assert [name for pair in pairs for name in pair] == names
    assert {len(pair) for pair in pairs} == {2}
    mixed = list(cases.together(["plane-ring-20", "ring-noise-20", "ring-noise-21"]))
    assert mixed == [["plane-ring-20"], ["ring-noise-20", "ring-noise-21"]]


def test_a_second_visit_measures_nothing_again(benchmarks, monkeypatch, tmp_path):
    import clinic_visit

    monkeypatch.setattr(clinic_visit, "KEPT", tmp_path)
    done = []

    def measured(names, seconds, pictures):
        done.append((list(names), seconds))
        return [{"piece": name, "lost": "", "spans": []} for name in names]

    monkeypatch.setattr(clinic_visit, "measured", measured)
    names = ["quick-digits-20", "quick-digits-21", "ring-noise-20"]
    first = clinic_visit.run(names)
    assert done == [(names[:2], 240), (names[2:], 130)]
    with (tmp_path / "visits.jsonl").open("a") as file:
        file.write('{"piece": "half a li')  # as a stop leaves it
    assert clinic_visit.run(names) == first and len(done) == 2
    clinic_visit.run(names[:1], seconds=20)  # a shorter one is another
    assert done[2:] == [(names[:1], 20)]


# -- on a page ---------------------------------------------------------------------------------


def test_a_healthy_run_shows_no_alarm_and_a_knob_turned_too_far_is_seen(tmp_path):
    chromium()
    asked(
        "import math\n"
        "import clinic_visit_page as page\n"
        "from clinic_visit_cases import VISITS\n"
        "from clinic_visit_disk import turn_of\n"
        "from clinic_visit_scores import alarms, mismatch, spans\n"
        "visit = VISITS['digits-flipped-labels']\n"
        "page.CALM = page.LONGEST = math.inf\n"
        "with page.stage(Path(sys.argv[1])) as (browser, url, runs):\n"
        "    (one,) = page.arrive(browser, url, runs, [(visit, 20)])\n"
        "    def until(seen):\n"
        "        end = one.now() + 240\n"
        "        while not seen(one.sample()):\n"
        "            assert one.now() < end, one.samples[-1]\n"
        "            page.watch([one], one.now() + 1)\n"
        "    until(lambda shown: shown['looked'] > 150)  # by then all rules are asked\n"
        "    page.watch([one], one.now() + 10)\n"
        "    shown = spans(one.samples, visit)\n"
        "    assert sum(span['for'] for span in shown) > 5, one.samples\n"
        "    assert not any(map(alarms, shown)), shown\n"
        "    assert turn_of(one.run, visit.turn.path) is None\n"
        "    one.turn(visit.turn)\n"
        "    until(alarms)\n"
        "    last = spans(one.samples, visit)[-1]\n"
        "    assert alarms(last) and visit.names(last['findings'][0]), one.samples[-1]\n"
        "    assert turn_of(one.run, visit.turn.path)['new'] == 0.5\n"
        "    assert not mismatch(one.samples)\n"
        "    assert one.stop() == 'stopped'\n",
        tmp_path,
    )
