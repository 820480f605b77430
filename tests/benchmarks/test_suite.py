"""The check that runs the whole suite: what it makes of a run, and what it still has to do."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def suite(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import suite

    monkeypatch.setattr(suite, "KEPT", tmp_path / "kept" / "suite.jsonl")
    yield suite
    for name in ("suite", "house"):
        sys.modules.pop(name, None)


def test_the_command_is_the_one_of_the_readme(suite):
    command = suite.command_of((ROOT / "README.md").read_text("utf-8"))
    assert command[:3] == [sys.executable, "-m", "pytest"]
    with pytest.raises(ValueError, match="no test command"):
        suite.command_of("pip install x\n")


@pytest.fixture
def commits(suite, monkeypatch, tmp_path):
    """A project of its own, with a test that is rerun and one that fails, and then without."""
    project = tmp_path / "project"
    (project / "tests" / "browser").mkdir(parents=True)
    (project / "README.md").write_text(
        "pip install -r requirements-dev.txt && python -m pytest -p no:cacheprovider -rfER\n"
    )
    shutil.copy(ROOT / "tests" / "second_chance.py", project / "tests")
    (project / "conftest.py").write_text(
        "from pathlib import Path\nfrom tests import second_chance\n"
        "def pytest_collection_modifyitems(config, items):\n"
        "    second_chance.give(config, items)\n"
    )
    (project / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    (project / "tests" / "browser" / "test_page.py").write_text(
        "seen = []\ndef test_lucky():\n    seen.append(1)\n    assert len(seen) == 2\n"
    )
    (project / "tests" / "test_some.py").write_text("def test_good(): pass\n")
    bad = project / "tests" / "test_bad.py"
    bad.write_text("def test_bad(): assert False\n")
    git = ["git", "-C", str(project), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    found = []
    for _ in range(2):
        subprocess.run([*git, "add", "-A"], check=True)
        subprocess.run([*git, "commit", "-qm", "a"], check=True)
        bad.unlink(missing_ok=True)
        head = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True,
                              text=True, check=True)  # fmt: skip
        found.append(head.stdout.strip())
    monkeypatch.setattr(suite.house, "ROOT", project)
    return found


def test_two_commits_are_run_by_turns_and_what_is_done_is_not_done_again(
    suite, commits, monkeypatch, capsys
):
    assert not suite.go_on(commits, 1, 0)
    before, after = suite.lines()
    assert (before["tests"], before["failed"], before["rerun"]) == (3, 1, 1)
    assert before["named"] == {
        "tests/test_bad.py": {"FAILED": 1}, "tests/browser/test_page.py": {"RERUN": 1},
    }  # fmt: skip
    assert (after["tests"], after["failed"], after["rerun elsewhere"]) == (2, 0, 0)
    assert all(one["cpu"] >= 0 and one["wall"] >= 0 for one in (before, after))
    monkeypatch.setattr(suite, "piece", lambda *_: pytest.fail("it has been done"))
    with suite.KEPT.open("a") as file:
        file.write('{"commit": "half a li')  # as a stop leaves it
    assert suite.go_on(commits[1:], 1, 0)
    assert suite.left(suite.lines(), commits, 2, 0) == commits
    assert suite.left(suite.lines(), commits, 1, 1) == commits, "with another number of neighbours"
    capsys.readouterr()
    suite.tell()
    said = capsys.readouterr().out
    assert f"| {commits[0]} | 0 | 1 | 3 | 1 | 1 | 0 |" in said
    assert "tests/test_bad.py: {'FAILED': 1}" in said


def test_the_mean_of_each_commit_is_held_against_the_first(suite):
    told = {"neighbours": 1, "tests": 9, "failed": 0, "rerun": 0, "rerun elsewhere": 0}
    done = [{**told, "commit": commit, "wall": wall, "cpu": 2 * wall}
            for commit, wall in (("a", 60), ("a", 180), ("b", 90))]  # fmt: skip
    means = {row[0]: row[-3:] for row in suite.table(done) if row[2] == "mean"}
    assert means == {"a": ["2.0", "4.0", "1.00"], "b": ["1.5", "3.0", "0.75"]}


def test_long_files_are_noted_for_the_order_of_the_tests(suite, monkeypatch, tmp_path):
    (tmp_path / "test_here.py").touch()
    monkeypatch.setattr(suite, "TIMES", tmp_path / "seconds.json")
    suite.KEPT.parent.mkdir()
    seconds = {"tests/test_here.py": 7.5, "tests/test_gone.py": 9.0}
    suite.KEPT.write_text(json.dumps({"seconds": seconds}) + "\n")
    suite.write_times()
    assert json.loads((tmp_path / "seconds.json").read_text()) == {"test_here.py": 7.5}
