"""docs/export.md says what there is, and its few lines to load a file run without this package."""

import re
from pathlib import Path

import pytest

from gan_lab.export import EXPORTS
from gan_lab.export.loading import SNIPPETS
from tests.documented import held, table

DOCUMENT = (Path(__file__).parents[2] / "docs" / "export.md").read_text("utf-8")
ALONE = """
import sys
try:
    import gan_lab
except ImportError:
    pass
else:
    sys.exit("gan_lab is here")
for name, code in zip(sys.argv[1::2], sys.argv[2::2]):
    exec(compile(code, name, "exec"), {"__name__": name})
"""


def test_the_table_is_that_of_the_code():
    rows = [(f"`{e.name}`", f"`{e.ending}`", e.about) for e in EXPORTS.values()]
    held("export.md", "exports", table(("--to", "file", "what it is"), rows))


def test_the_document_has_the_snippets():
    found = dict(
        re.findall(r"^`(\w+)`:\n\n```python\n(.*?)\n```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    )
    assert found == SNIPPETS
    assert all(len(code.splitlines()) <= 6 for code in SNIPPETS.values())


def test_the_snippets_run_as_they_stand(ended, outside, tmp_path):
    pytest.importorskip("onnxruntime")
    directory = ended()
    told = []
    for name, code in SNIPPETS.items():
        EXPORTS[name].write(directory, tmp_path / f"{name}{EXPORTS[name].ending}")
        told += [name, code.replace("DIM", "6")]
    outside.run(ALONE, *told, folder=tmp_path)  # each snippet sees nothing of the others


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_says_what_it_is(name):
    one = EXPORTS[name]
    assert one.name == name and one.title and one.ending.startswith(".") and "/" in one.media
    assert one.about.endswith(".") and len(one.about) < 240
