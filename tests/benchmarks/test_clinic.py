"""A sample of the clinic: one healthy run, two ill ones, and the table made of them."""

from dataclasses import replace

import pytest


@pytest.fixture
def clinic(benchmarks, monkeypatch, tmp_path):
    import clinic

    monkeypatch.setattr(clinic, "KEPT", tmp_path)
    return clinic


def test_ill_runs_are_found_and_a_healthy_one_is_left_alone(clinic):
    names = ["points-moons", "points-rate-high-wgan-gp", "points-smoothing-fake"]
    lines = {line["case"]: line for line in clinic.run("points", [0], names)}
    well = lines["points-moons"]
    assert well["trouble"] == [] and well["facts"]["js"] < 0.2
    high = lines["points-rate-high-wgan-gp"]
    assert high["there"] and high["facts"]["js"] > 0.5  # it is ill indeed, whoever asks
    assert high["found"] == "rate-high" and 0 < high["step"] <= 400
    assert lines["points-smoothing-fake"]["found"] == "smoothing"
    table = clinic.tables({"points": list(lines.values()), "pictures": [], "cures": []})
    assert "| healthy runs with a false alarm | ≤ 5 % | 0 of 1 (0 %) |" in table
    assert "2 of 2 (100 %)" in table


def test_a_second_visit_asks_for_nothing_anew(clinic, monkeypatch):
    case = ["points-smoothing-fake"]
    first = clinic.run("points", [0], case)
    monkeypatch.setattr(clinic, "examined", lambda *_: pytest.fail("it was known"))
    with (clinic.KEPT / "points.jsonl").open("a") as file:
        file.write('{"case": "half a li')  # as a stop leaves it
    assert clinic.run("points", [0], case) == first


def test_a_cure_is_compared_with_the_run_as_it_would_have_gone_on(clinic):
    case = replace(clinic.CASES["points-rates-apart-d"], rounds=300)
    line = clinic.treated(case, 0)
    assert line["found"] in case.right and line["changes"]
    untouched = clinic.Patient(case, 0)
    untouched.train(line["step"] + case.rounds // 2)
    assert line["nothing"] == untouched.outcome()


def test_cases_are_sound(clinic):
    from gan_lab.coach.rules import RULES

    rules = {rule.name for rule in RULES}
    for case in clinic.CASES.values():
        assert case.right <= rules, case.name
        assert case.part in clinic.PARTS
