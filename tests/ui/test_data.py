"""The page of data sets, without a browser."""

import base64
import io
import json
import time
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from gan_lab.config import Data, RunConfig, put
from gan_lab.data import load
from gan_lab.runs.uploads import Uploads
from tests.patience import WAIT

from .visitor import opened


def page(**query: str) -> AppTest:
    """The page of data sets, once it has read the set."""
    app = opened()
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page("pages/data.py").run()
    return settled(app)


def settled(app: AppTest) -> AppTest:
    deadline = time.monotonic() + WAIT  # of a set that is drawn first
    while not app.exception and not app.metric and time.monotonic() < deadline:
        time.sleep(0.1)
        app.run()
    assert not app.exception
    return app


def facts(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def captions(app: AppTest) -> list[str]:
    return [one.value for one in app.caption]


def test_a_set_is_looked_at_and_trained_on():
    app = page(set="faces")
    told = facts(app)
    assert (told["Pictures to train on"], told["Held out"]) == ("10,000", "1,000")
    assert told["Size"] == "64×64 px" and told["Colour"] == "colour"
    assert [one.value for one in app.subheader][:2] == ["How many of each class",
                                                        "How bright the pixels are"]  # fmt: skip
    app.button(key="data:train").click().run()
    assert not app.exception
    assert app.session_state["experiment"].config.data.name == "faces"


@pytest.mark.parametrize(
    ("name", "shown"), [("faces", "faces"), ("faces:0", "faces"), ("/no/such/folder", "digits")]
)
def test_it_opens_on_the_set_that_the_next_start_takes(name, shown):
    app = opened()
    app.session_state["experiment"].config = put(RunConfig(), {"data.name": name})
    app.switch_page("pages/data.py").run()
    assert not app.exception
    assert app.selectbox(key="data:set").value == shown


def test_one_class_can_be_looked_at():
    app = page(set="digits")
    digits = load(Data(name="digits"))
    app.selectbox(key=f"data:class:{digits.name}").set_value(3).run()
    assert not app.exception
    count = int((digits.labels == 3).sum())
    assert any(f"48 of {count:,} real pictures of this class" in one for one in captions(app))
    mosaic = next(one for one in app.get("bidi_component") if "data:mosaic" in one.proto.id)
    told = json.loads(mosaic.proto.json)
    assert told["words"] == ["3"] * 48
    with Image.open(io.BytesIO(base64.b64decode(told["sheet"].partition(",")[2]))) as sheet:
        first = np.asarray(sheet)[:8, :8]
    assert any(np.array_equal(first, one[0]) for one in digits.images[digits.labels == 3].numpy())


def test_the_brightest_pixels_are_drawn_too():
    chart = page(set="digits").get("plotly_chart")[-1]
    (line,) = json.loads(chart.proto.spec)["data"]
    assert line["line"]["shape"] == "hv" and line["x"][-2:] == [252, 256]
    assert line["y"][-1] == line["y"][-2] > 0.05, "a step needs an end"


def test_points_are_drawn_and_bring_the_preset_for_points():
    app = page(set="moons")
    assert facts(app)["Points to train on"] == "50,000"
    app.button(key="data:train").click().run()
    config = app.session_state["experiment"].config
    assert config.data.name == "moons" and config.objective.game == "plane"


def test_what_is_not_here_is_said_not_read(monkeypatch, tmp_path):
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path))
    app = opened()
    app.query_params["set"] = "cifar10"
    app.switch_page("pages/data.py").run()
    assert not app.exception and not app.metric
    assert "downloads 170 MB" in app.info[0].value


def test_an_address_names_no_file_of_the_server():
    told = facts(page(set="/etc"))
    assert told["Size"] == "8×8 px"  # the digits, as if nothing had been asked for


# -- own pictures ------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path / "data"))


def own(*names: str, visitor: str = "me") -> Path:
    files = list[tuple[str, BinaryIO]]()
    for number, name in enumerate(names):
        buffer = io.BytesIO()
        Image.new("RGB", (40, 20), (9 * number, 99, 0)).save(buffer, "PNG")
        files.append((name, buffer))
    return Uploads(visitor).keep([*files, ("pets/broken.png", io.BytesIO(b"<b>no</b>"))])


def own_page(path: Path, visitor: str = "me") -> AppTest:
    app = opened()
    app.session_state["visitor"] = visitor
    app.query_params["set"] = path.name
    app.switch_page("pages/data.py").run()
    return settled(app)


@pytest.mark.usefixtures("elsewhere")
def test_own_pictures_are_reported_and_trained_on():
    path = own(*(f"pets/{kind}/{k}.png" for kind in ("cat", "dog") for k in range(10)))
    app = own_page(path)
    assert facts(app)["Pictures to train on"] == "18" and facts(app)["Held out"] == "2"
    assert any("20 pictures, colour, 32×32 px, 2 classes" in one.value for one in app.text)
    assert any("broken.png" in str(one.value) for one in app.dataframe)
    assert "9 pictures a class." in captions(app), "as many of each"
    assert any("then pix2pix can learn" in words for words in captions(app))
    app.selectbox(key="knob:own:" + path.name + ":data.fit").set_value("pad").run()
    settled(app)
    app.button(key="data:advice").click().run()
    assert app.session_state["experiment"].config.objective.augment == "all"
    app.button(key="data:train").click().run()
    data = app.session_state["experiment"].config.data
    assert (data.name, data.fit, data.size, data.pairs) == (str(path), "pad", 32, "none")


@pytest.mark.usefixtures("elsewhere")
def test_it_opens_on_own_pictures_that_the_next_start_takes():
    path = own(*(f"{k}.png" for k in range(10)))
    app = opened()
    app.session_state["visitor"] = "me"
    app.session_state["experiment"].config = put(RunConfig(), {"data.name": str(path)})
    app.switch_page("pages/data.py").run()
    assert not app.exception
    assert app.selectbox(key="data:set").value == path.name


@pytest.mark.usefixtures("elsewhere")
def test_two_folders_are_pairs_for_pix2pix():
    path = own(*(f"pets/{kind}/{k}.png" for kind in ("a", "b") for k in range(10)))
    app = own_page(path)
    app.selectbox(key=f"own:pairs:{path.name}").set_value("classes").run()
    settled(app)
    assert any("Pairs" in one.value for one in app.subheader)
    app.button(key="data:train").click().run()
    config = app.session_state["experiment"].config
    assert (config.objective.game, config.data.pairs, config.data.name) == (
        "paired", "classes", str(path))  # fmt: skip


@pytest.mark.usefixtures("elsewhere")
def test_a_visitor_sees_nothing_of_what_others_have_sent():
    path = own("pets/1.png", "pets/2.png")
    app = own_page(path, visitor="somebody else")
    assert facts(app)["Size"] == "8×8 px"  # the digits, as if nothing had been asked for
    assert not any(path.name in option for box in app.selectbox for option in box.options)
