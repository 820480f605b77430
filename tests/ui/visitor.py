"""What a visitor does, without a browser."""

from __future__ import annotations

import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

from gan_lab.runs import Hosted, State
from gan_lab.server import registry
from tests.patience import WAIT

APP = Path(__file__).parent.parent.parent / "app.py"


def opened(text: str = "", run: str = "") -> AppTest:
    """The start page, or that of a link or of a run."""
    app = AppTest.from_file(str(APP), default_timeout=WAIT)
    if text:
        app.query_params["share"] = text
    if run:
        app.query_params["run"] = run
    app.run()
    assert not app.exception
    return app


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


def the_run(app: AppTest) -> Hosted:
    hosted = registry().get(app.session_state["experiment"].view_id)
    assert hosted is not None
    return hosted


def until(hosted: Hosted, *states: State) -> None:
    deadline = time.monotonic() + WAIT
    while hosted.run.latest().state not in states:
        assert time.monotonic() < deadline, hosted.run.latest()
        time.sleep(0.02)
