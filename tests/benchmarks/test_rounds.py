"""The campaign that plays browser tests again and again."""

from .test_kills import asked


def test_a_round_names_what_failed_though_a_second_try_would_pass(tmp_path):
    seen = tmp_path / "seen"
    (tmp_path / "test_some.py").write_text(
        "import pytest\nfrom pathlib import Path\n"
        "def test_good(): pass\n"
        "@pytest.fixture\n"
        "def late():\n    yield\n    assert False, 'the page complained'\n"
        "def test_complains(late): pass\n"
        f"def test_lucky():\n    seen = Path({str(seen)!r})\n"
        "    again = seen.exists()\n    seen.touch()\n    assert again\n"
    )
    (tmp_path / "test_none.py").write_text("")
    (tmp_path / "conftest.py").write_text(
        "import pytest\n"
        "def pytest_collection_modifyitems(config, items):\n"
        "    if config.pluginmanager.hasplugin('rerunfailures'):\n"
        "        for item in items:\n            item.add_marker(pytest.mark.flaky(reruns=1))\n"
    )
    asked(
        "import rounds\n"
        "rounds.TESTS = where = Path(sys.argv[1])\n"
        "found = rounds.piece('test_some', where)\n"
        "assert found == {'file': 'test_some', 'tests': 3, 'failed': 2,\n"
        "                 'lost': 'test_complains, test_lucky'}, found\n"
        "assert rounds.piece('test_none', where)['lost'], 'no test ran'\n",
        tmp_path,
    )


def test_every_file_has_its_rounds(tmp_path):
    asked(
        "import rounds\n"
        "found = rounds.pieces()\n"
        "assert found.count(('test_path', 1)) == 1 == found.count(('test_path', rounds.ROUNDS))\n"
        "assert len(found) == len(set(found))\n",
        tmp_path,
    )
