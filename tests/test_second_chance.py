"""A rerun is for browser tests: the plugin itself is asked, in a process of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import second_chance
from tests.patience import WAIT

CONFTEST = """
import sys
sys.path.insert(0, {here!r})
import second_chance
from pathlib import Path
FOLDER = Path({here!r}) / "browser"
def pytest_collection_modifyitems(config, items):
    second_chance.refuse_others(config, items, FOLDER)
    second_chance.give(config, items, FOLDER)
"""
LUCKY = """
from pathlib import Path
{mark}
def test_lucky():
    seen = Path(__file__).with_suffix(".seen")
    again = seen.exists()
    seen.touch()
    assert again
"""


@pytest.fixture
def report(tmp_path):
    """What pytest says of two files whose test passes only at its second time."""
    shutil.copy(second_chance.__file__, tmp_path)
    (tmp_path / "conftest.py").write_text(CONFTEST.format(here=str(tmp_path)))

    def run(*options, mark=""):
        for folder, own in (("browser", ""), ("runs", mark)):
            (tmp_path / folder).mkdir(exist_ok=True)
            text = LUCKY.format(mark=f"import pytest\n{own}" if own else "")
            (tmp_path / folder / f"test_{folder}.py").write_text(text)
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rfER", *options]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=WAIT, check=False
        )
        return done.stdout + done.stderr

    return run


def test_only_a_browser_test_runs_a_second_time_and_the_report_names_it(report):
    told = report()
    assert "RERUN browser/test_browser.py::test_lucky" in told
    assert "FAILED runs/test_runs.py::test_lucky" in told
    assert "1 failed, 1 passed, 1 rerun" in told


@pytest.mark.parametrize("mark", ["@pytest.mark.flaky(reruns=1)"])
def test_a_mark_elsewhere_stops_the_run(report, mark):
    assert "runs/test_runs.py::test_lucky may not be rerun" in report(mark=mark)


def test_nobody_can_ask_for_a_second_time_of_all(report):
    assert "omit --reruns" in report("--reruns=2")


def test_every_test_here_is_marked_as_it_should_be(request):
    if not request.config.pluginmanager.hasplugin("rerunfailures"):
        pytest.skip("without the plugin nothing runs a second time")
    browser = Path(__file__).parent / "browser"
    for item in request.session.items:
        assert bool(item.get_closest_marker("flaky")) == (browser in item.path.parents), item.nodeid
