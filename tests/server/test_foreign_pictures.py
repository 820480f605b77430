"""A run that came from anywhere may name any folder of the server: nobody sees what lies there."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from gan_lab.config import RunConfig
from gan_lab.export import EXPORTS
from gan_lab.export.lessons import LESSON
from gan_lab.runs import Budget, Registry, Run, State, wire
from gan_lab.runs.uploads import Uploads
from gan_lab.server import COOKIE, PREFIX
from gan_lab.server.explore import real
from tests.patience import WAIT

ANNA, EVE = "anna's cookie", "eve's cookie"


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path / "data"))
    for name in ("GANLAB_FOLDERS", "GANLAB_SEE"):
        monkeypatch.delenv(name, raising=False)


def picture(shade: int) -> io.BytesIO:
    buffer = io.BytesIO()
    Image.new("L", (16, 16), shade).save(buffer, "PNG")
    return buffer


def some(first: int = 0) -> list[tuple[str, io.BytesIO]]:
    return [(f"{k}.png", picture(first + 9 * k)) for k in range(12)]


@pytest.fixture
def trained(begin: Callable[..., Run], small: Callable[..., RunConfig]) -> Callable[..., Path]:
    """The zip of a run on own pictures, trained anywhere."""

    def make(where: Path, name: str, changes: dict[str, Any] | None = None) -> Path:
        shape = {"data.name": str(where), "data.size": 8, "data.colour": "grey"}
        run = begin(small(shape | (changes or {})), name, budget=Budget(steps=2))
        assert run.join(WAIT) and run.latest().state == State.FINISHED, run.latest().note
        whole = run.directory.path.with_suffix(".zip")
        EXPORTS["bundle"].write(run.directory, whole, lambda _, __: None)
        return whole

    return make


def brought(client: TestClient, whole: Path, visitor: str) -> str:
    client.cookies.set(COOKIE, visitor)
    return client.post(PREFIX + "/bring", content=whole.read_bytes()).json()["run"]


def answers(client: TestClient, view_id: str) -> dict[str, Any]:
    with client.websocket_connect(f"{PREFIX}/latent/{view_id}") as socket:
        socket.send_text(json.dumps({"ask": "real", "id": 1}))
        return wire.decode(socket.receive_bytes())[0]


def folder(tmp_path: Path) -> Path:
    place = tmp_path / "private"
    place.mkdir()
    for name, content in some():
        (place / name).write_bytes(content.getvalue())
    return place


def test_a_folder_of_the_server_is_shown_by_no_run_that_was_brought(
    client, trained, tmp_path, monkeypatch
) -> None:
    view_id = brought(client, trained(folder(tmp_path), "elsewhere"), EVE)
    told = answers(client, view_id)
    assert told["kind"] == "error" and "not on this machine" in told["text"]
    every = client.get(f"{PREFIX}/takeout/{view_id}").json()["exports"]
    why = {one["name"]: one["why"] for one in every}
    assert "not on this server" in why["lesson"] and "not on this server" in why["script"]
    assert not why["bundle"] and not why["pictures"], "what needs no real pictures is to be had"
    assert client.post(f"{PREFIX}/takeout/{view_id}", json={"export": "lesson"}).status_code == 409
    monkeypatch.setenv("GANLAB_FOLDERS", "1")  # where anybody may name it anyway
    assert answers(client, view_id)["count"] > 0


def test_what_another_visitor_sent_is_shown_by_a_run_on_it_alone(client, trained, tmp_path) -> None:
    sent = Uploads(ANNA).keep(some())
    view_id = brought(client, trained(sent, "on-it"), ANNA)
    assert answers(client, view_id)["count"] > 0
    sent.unlink()  # others lie there by now: a run that names them knows nothing of them
    Uploads(ANNA).keep(some(100)).rename(sent)
    other = brought(client, trained(sent, "later"), ANNA)
    assert answers(client, other)["count"] > 0
    real._LOADED.clear()  # of what was shown before
    assert answers(client, view_id)["kind"] == "error"


def test_a_generated_set_needs_the_pictures_only_where_g_begins_from_some(
    client, trained, tmp_path
) -> None:
    from_pictures = {"objective.game": "paired", "data.pairs": "edges", "data.size": 16,
                     "networks.g.family": "translate"}  # fmt: skip
    view_id = brought(client, trained(folder(tmp_path), "larger", from_pictures), EVE)
    every = client.get(f"{PREFIX}/takeout/{view_id}").json()["exports"]
    why = {one["name"]: one["why"] for one in every}
    assert all("not on this server" in why[name] for name in ("grid", "pictures", "npz"))


def test_a_run_of_the_command_line_shows_its_pictures(
    client, runs: Registry, trained, tmp_path
) -> None:
    trained(folder(tmp_path), "mine")
    assert answers(client, runs.open("mine", EVE).view_id)["count"] > 0


def test_the_lesson_reads_pictures_where_nobody_can_fetch_them(trained, begin, small, tmp_path):
    own = begin(small({"data.name": str(folder(tmp_path)), "data.size": 8}), "own",
                budget=Budget(steps=1))  # fmt: skip
    named = begin(small(), "named", budget=Budget(steps=1))
    assert own.join(WAIT) and named.join(WAIT)
    assert LESSON.reads(own.directory) and not LESSON.reads(named.directory)
