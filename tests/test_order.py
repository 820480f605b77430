"""The order of test files, and that every process of a run finds the same."""

from pathlib import Path

from tests import order

COUNTS = {"a/test_many.py": 100, "a/test_few.py": 3, "browser/test_one.py": 1,
          "browser/test_two.py": 4, "b/test_unknown.py": 20}  # fmt: skip


def test_the_longest_files_start_first_whatever_their_number_of_tests():
    counts = {name: n for name, n in COUNTS.items() if "browser" not in name}
    found = order.ordered(counts, {"a/test_few.py": 60.0, "a/test_many.py": 5.0})
    assert found == ["a/test_few.py", "a/test_many.py", "b/test_unknown.py"]


def test_browser_tests_are_spread_over_the_run():
    counts = {f"{folder}/test_{n}.py": 1 for n in range(8) for folder in ("browser", "runs")}
    found = order.ordered(counts, dict.fromkeys(counts, 10.0))
    assert sorted(found) == sorted(counts)
    in_browser = [name.startswith("browser") for name in found]
    assert all(sum(in_browser[:n]) in (n // 2, n // 2 + 1) for n in range(17))


def test_files_of_one_kind_alone_are_all_there():
    assert order.ordered({"browser/test_a.py": 2}, {}) == ["browser/test_a.py"]
    assert order.ordered({}, {}) == []


def test_tests_of_a_file_stay_together_and_in_their_order():
    items = [(order.ROOT / name, n) for n in range(3) for name in COUNTS]
    found = order.in_order(items, lambda item: item[0])
    assert sorted(found) == sorted(items)
    for name in COUNTS:
        places = [n for n, item in enumerate(found) if item[0] == order.ROOT / name]
        assert places == list(range(places[0], places[0] + 3))
        assert [found[n][1] for n in places] == [0, 1, 2]
    assert order.in_order([(Path("/elsewhere/test_a.py"), 0)], lambda item: item[0])


def test_what_was_measured_is_of_files_that_exist():
    told = order.measured()
    assert told and all(seconds > 0 for seconds in told.values())
    assert [name for name in told if not (order.ROOT / name).is_file()] == []
