"""Own pictures on the command line: what is said of them before they are trained on."""

import pytest
from PIL import Image


@pytest.fixture
def folder(tmp_path):
    for k in range(12):
        Image.new("RGB", (8, 8), (k, 0, 200)).save(tmp_path / f"{k}.png")
    (tmp_path / "broken.png").write_bytes(b"hello")
    return tmp_path


def test_the_report_whole(call, folder):
    told = call("datasets", str(folder), "--json").json
    assert told["taken"] == 12 and told["broken"] == [["broken.png", "no picture"]]
    assert told["advice"][0]["changes"]["objective.ada"] is True
    words = call("datasets", str(folder), "--set", "data.size=16").out
    assert "12 pictures, colour, 16×16 px" in words
    assert "skipped: broken.png: no picture" in words and "--set objective.ada=true" in words


def test_a_report_of_nothing_is_refused(call, tmp_path):
    refused = call("datasets", str(tmp_path / "none"))
    assert refused.code == 2 and "no folder or zip" in refused.err
