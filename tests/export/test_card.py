"""The model card says what is so, and nothing that people wrote becomes a sign in it."""

import re
import zipfile

from gan_lab.data import NAMED, PLANES
from gan_lab.export import EXPORTS
from gan_lab.export.card import plain
from gan_lab.export.licences import LICENCES, licence
from gan_lab.measures import MEASURES, Measured
from gan_lab.measures.measured import Value
from gan_lab.runs import labels
from gan_lab.runs.journal import Journal


def test_the_card_of_a_run(ended, tmp_path):
    directory = ended({"optim.d.lr": 7e-4})
    Journal(directory.path).note_measured(Measured(4, "averaged", {"swd": Value(0.25, 512, 0.125)}))
    told = EXPORTS["card"].write(directory, tmp_path / "card.zip")
    assert told == "a model card with its samples"
    with zipfile.ZipFile(tmp_path / "card.zip") as archive:
        assert archive.namelist() == ["README.md", "samples.png"]
        text = archive.read("README.md").decode()
    assert "CC BY 4.0" in text and "6 steps" in text
    assert re.search(r"\| optim\.d\.lr \| 0\.0007 \|", text)
    assert "step 4: optim.g.lr from" in text.replace("\\", "")
    title = re.escape(plain(MEASURES["swd"].title(directory.read_config())))
    assert re.search(rf"^\| {title} \| 0\.25 \| 0\.125 \| 512 \| 4 \|$", text, re.MULTILINE)
    for heading in ("## Data", "## Training", "## Measures", "## How to load it", "## Limits"):
        assert heading in text


def test_what_people_wrote_on_a_run_stands_in_its_card(ended, tmp_path):
    directory = ended({})
    labels.write(directory.path, labels.labels("Anna's <b>", ["school", "a*b"], "One\n# two"))
    EXPORTS["card"].write(directory, tmp_path / "card.zip")
    with zipfile.ZipFile(tmp_path / "card.zip") as archive:
        lines = archive.read("README.md").decode().splitlines()
    assert lines[0] == r"# Anna's \<b\>"
    assert r"One \# two" in lines and r"Tags: school, a\*b." in lines


def test_words_of_people_are_only_words():
    assert plain("<img src=x onerror=alert(1)>") == r"\<img src=x onerror=alert\(1\)\>"
    assert plain("a|b\n# c") == r"a\|b \# c"


def test_every_named_set_has_a_licence():
    files = {n for n, one in NAMED.items() if one.fetch is not None} | {"digits"}
    assert set(LICENCES) == files
    assert not set(LICENCES) & set(PLANES)
    from gan_lab.config import Data

    assert licence(Data(name="faces")).startswith("drawn by this program")
    assert licence(Data(name="/home/me/pictures")).startswith("own pictures")
