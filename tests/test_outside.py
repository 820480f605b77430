"""The process without this package: what it lacks, and what one task leaves for the next."""

import pytest

from tests.outside import Outside


def test_a_task_has_its_own_folder_arguments_and_environment(outside, tmp_path):
    code = (
        "import os, sys, torch\n"
        "open('told', 'w').write(' '.join([*sys.argv[1:], os.environ['WORD']]))\n"
        "kept = torch.set_num_threads(1)\n"
    )
    outside.run(code, "a", 3, folder=tmp_path, environment={"WORD": "word"})
    assert (tmp_path / "told").read_text() == "a 3 word"
    outside.run("import os; assert 'WORD' not in os.environ and 'kept' not in globals()",
                folder=tmp_path)  # fmt: skip


@pytest.mark.parametrize("name", ["gan_lab", "gan_lab.data", "sklearn", "streamlit", "scipy"])
def test_this_package_and_what_it_needs_are_absent(outside, tmp_path, name):
    with pytest.raises(AssertionError, match=f"{name.split('.')[0]} is not here"):
        outside.run(f"import {name}", folder=tmp_path)


def test_code_that_fails_fails_its_test_and_not_the_next_one(outside, tmp_path):
    with pytest.raises(AssertionError, match="ValueError: wrong"):
        outside.run("raise ValueError('wrong')", folder=tmp_path)
    with pytest.raises(AssertionError, match="SystemExit"):
        outside.run("import sys; sys.exit(1)", folder=tmp_path)
    outside.run("print('this is no answer')", folder=tmp_path)


def test_a_process_that_ends_fails_the_test(tmp_path):
    alone = Outside()
    with pytest.raises(AssertionError, match="ended"):
        alone.run("import os; os._exit(0)", folder=tmp_path)
    alone.close()
