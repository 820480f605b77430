"""The page of data sets, without a browser."""

import time

from streamlit.testing.v1 import AppTest

from .visitor import opened


def page(**query: str) -> AppTest:
    """The page of data sets, once it has read the set."""
    app = opened()
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page("pages/data.py").run()
    return settled(app)


def settled(app: AppTest) -> AppTest:
    deadline = time.monotonic() + 60
    while not app.exception and not app.metric and time.monotonic() < deadline:
        time.sleep(0.1)
        app.run()
    assert not app.exception
    return app


def facts(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


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
