"""The panel "Directions" as it asks: finding, previews, the table, and what a run keeps."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from starlette.testclient import TestClient, WebSocketTestSession

from gan_lab.config import RunConfig, put
from gan_lab.latent import measures
from gan_lab.runs import Hosted, Registry, wire
from gan_lab.runs.kept_directions import NAME
from gan_lab.runs.messages import Pause
from gan_lab.server import PREFIX
from gan_lab.server.visitors import COOKIE
from tests.alike import same_images
from tests.patience import WAIT

DIM = 4
TINY = put(RunConfig(), {"networks.g.width": 4, "networks.d.width": 4, "latent.dim": DIM})
CLASSES = put(TINY, {"networks.labels": "concat"})
POINTS = put(
    TINY,
    {"data.name": "ring", "objective.game": "plane", "networks.g.family": "dense",
     "networks.d.family": "dense"},
)  # fmt: skip


class Page:
    """A page that asks one thing after the other."""

    def __init__(self, socket: WebSocketTestSession) -> None:
        self.socket, self.number, self.shares = socket, 0, []

    def ask(self, question: str, /, **fields: object) -> tuple[dict[str, Any], bytes]:
        """The last frame of the answer."""
        self.number += 1
        self.socket.send_text(json.dumps({"ask": question, "id": self.number, **fields}))
        while True:
            header, payload = wire.decode(self.socket.receive_bytes())
            assert header["id"] == self.number
            if header["kind"] == "error" or header["done"]:
                return header, payload
            self.shares.append(header["share"])

    def found(self, how: str, **fields: object) -> list[dict[str, Any]]:
        header, _ = self.ask("directions", how=how, **fields)
        assert header["kind"] == "directions", header
        return header["found"]


@pytest.fixture
def hosted(runs: Registry, request: pytest.FixtureRequest) -> Hosted:
    one = runs.start(getattr(request, "param", TINY), "somebody")
    one.run.send(Pause()).result(WAIT)
    return one


@pytest.fixture
def page(client: TestClient, hosted: Hosted) -> Any:
    yield from _opened(client, hosted, "somebody")


def _opened(client: TestClient, hosted: Hosted, visitor: str) -> Any:
    path = f"{PREFIX}/latent/{hosted.view_id}"
    with client.websocket_connect(path, headers={"cookie": f"{COOKIE}={visitor}"}) as socket:
        yield Page(socket)


@pytest.mark.parametrize("how", ["pca", "sefa"])
@pytest.mark.parametrize("hosted", [TINY, CLASSES, POINTS], indirect=True)
def test_as_many_are_found_as_z_has_numbers(page: Page, how: str) -> None:
    found = page.found(how)
    assert 0 < len(found) <= DIM
    assert all(len(one["vector"]) == DIM and one["sigma"] == 1 for one in found)


def test_groups_and_differences_are_found(page: Page) -> None:
    these, those = [[1, 0, 0, 0], [1, 0, 0, 0.1]], [[-1, 0, 0, 0], [-1, 0, 0, 0.1]]
    (one,) = page.found("groups", these=these, those=those, name="smile")
    assert one["name"] == "smile" and one["vector"] == pytest.approx([1, 0, 0, 0])
    (other,) = page.found("difference", here=[0, 0, 0, 0], there=[0, 5, 0, 0], name="up")
    assert other["vector"] == pytest.approx([0, 1, 0, 0]) and other["reach"] == 5


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"how": "guess"}, "how must be one of"),
        ({"how": "groups", "these": [[1] * 4], "those": [[1] * 4] * 2, "name": "x"}, "at least 2"),
        ({"how": "groups", "these": [[1] * 4] * 2, "those": [[1] * 4] * 2, "name": "x"}, "nowhere"),
        ({"how": "groups", "these": [[1] * 3], "those": [[1] * 4], "name": "x"}, "4 numbers"),
        ({"how": "groups", "these": [[1] * 4], "those": [[1] * 4], "name": "x" * 50}, "name"),
        ({"how": "difference", "here": [1] * 4, "there": [1] * 4, "name": "x"}, "nowhere"),
    ],
)
def test_what_leads_nowhere_is_said_in_a_sentence(page: Page, fields: Any, words: str) -> None:
    header, _ = page.ask("directions", **fields)
    assert header["kind"] == "error" and words in header["text"] and header["text"].endswith(".")


@pytest.mark.parametrize("hosted", [TINY, CLASSES], indirect=True)
def test_samples_and_strips_are_the_pictures_of_their_z(page: Page, hosted: Hosted) -> None:
    told = bool(hosted.run.latest().config.networks.labels == "concat")
    label = torch.tensor([3]) if told else None
    header, payload = page.ask("samples", seed=5, label=3 if told else 0)
    shown = hosted.run.shown()
    assert shown is not None
    model = shown.model
    z = torch.tensor(header["z"])
    assert z.shape == (24, DIM) and header["columns"] == 6
    tiles = np.asarray(Image.open(io.BytesIO(payload))).reshape(4, 8, 6, 8).swapaxes(1, 2)
    wanted = model.images(z, None if label is None else label.expand(24))
    near = np.abs(tiles.reshape(24, 8, 8).astype(int) - wanted[:, 0].numpy())
    assert near.max() <= 1  # z is rounded on its way
    ways = page.found("sefa")
    header, payload = page.ask("strips", z=[0.5] * 4, label=3 if told else 0, directions=ways)
    strip = np.asarray(Image.open(io.BytesIO(payload))).reshape(len(ways), 8, 5, 8)
    ends = torch.tensor([0.5] * 4) + 2 * torch.tensor(ways[1]["vector"])
    same_images(strip[1, :, 4], model.images(ends[None], label)[0, 0])
    assert header["steps"] == [-2, -1, 0, 1, 2]


@pytest.mark.parametrize("hosted", [POINTS], indirect=True)
@pytest.mark.parametrize("name", ["samples", "strips", "predicts", "directions"])
def test_points_are_told_kindly_what_they_cannot_have(page: Page, name: str) -> None:
    way = {"name": "a", "vector": [1, 0, 0, 0]}
    header, _ = page.ask(name, seed=1, z=[0] * 4, directions=[way], how="labels")
    assert header["kind"] == "error" and "makes points" in header["text"]


def test_the_table_tells_how_each_direction_predicts_each_class(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measures, "_STEPS", 120)  # enough to tell digits apart
    monkeypatch.setattr(measures, "_LEARNED", {})
    ways = page.found("sefa")
    header, _ = page.ask("predicts", directions=ways)
    assert header["kind"] == "predicts", header
    assert page.shares == sorted(page.shares)
    assert [one["name"] for one in header["attributes"]] == list("0123456789")
    assert all(one["skill"] > 0.9 for one in header["attributes"])
    assert len(header["table"]) == len(ways) and len(header["table"][0]) == 10
    found = page.ask("directions", how="labels")[0]
    assert found["kind"] in ("directions", "error")  # an untrained G may know no digit
    assert "found" in found or "do not differ" in found["text"]


def test_an_archive_is_for_numpy(page: Page) -> None:
    ways = page.found("pca")
    _, payload = page.ask("archive", directions=ways)
    with np.load(io.BytesIO(payload)) as file:
        assert file["vectors"].shape == (len(ways), DIM)
        assert list(file["names"]) == [one["name"] for one in ways]
        assert np.allclose(file["vectors"], [one["vector"] for one in ways])


# -- kept with the run -------------------------------------------------------------------------


def test_the_owner_keeps_renames_and_forgets(page: Page, hosted: Hosted) -> None:
    assert page.ask("kept")[0]["kept"] == []
    way = page.found("sefa")[0] | {"name": "smile"}
    header = page.ask("kept", do="keep", direction=way)[0]
    assert header["owns"] and [one["name"] for one in header["kept"]] == ["smile"]
    assert json.loads((hosted.run.directory.path / NAME).read_text())["directions"][0] == way
    page.ask("kept", do="keep", direction=way | {"note": "new"})
    header = page.ask("kept", do="keep", direction=way | {"name": "other"})[0]
    assert (header["kept"][0]["name"], header["kept"][0]["note"]) == ("smile", "new")
    header = page.ask("kept", do="forget", name="smile")[0]
    assert [one["name"] for one in header["kept"]] == ["other"]
    assert page.ask("kept")[0]["kept"] == header["kept"]


def test_others_use_them_and_keep_nothing(client: TestClient, page: Page, hosted: Hosted) -> None:
    way = page.found("sefa")[0]
    page.ask("kept", do="keep", direction=way)
    for guest in _opened(client, hosted, "guest"):
        header = guest.ask("kept")[0]
        assert header["kept"] == [way] and not header["owns"]
        for do in ("keep", "forget"):
            header = guest.ask("kept", do=do, direction=way, name=way["name"])[0]
            assert header["kind"] == "error" and "Only the one who started" in header["text"]
    assert page.ask("kept")[0]["kept"] == [way]


def test_there_is_a_limit(page: Page) -> None:
    way = page.found("sefa")[0]
    for number in range(64):
        assert page.ask("kept", do="keep", direction=way | {"name": str(number)})[0]["kept"]
    header = page.ask("kept", do="keep", direction=way | {"name": "one more"})[0]
    assert header["kind"] == "error" and "most 64" in header["text"]


HOSTILE = {
    "no JSON": "{",
    "deep": "[" * 100_000,
    "another thing": "[]",
    "no list": '{"directions": 5}',
    "not a number": '{"directions": [{"name": "a", "vector": [NaN, 0, 0, 0]}]}',
    "endless": '{"directions": [{"name": "a", "vector": [1e999, 0, 0, 0]}]}',
    "of another z": '{"directions": [{"name": "a", "vector": [1, 0, 0]}]}',
    "markup in control characters": '{"directions": [{"name": "\\u0000", "vector": [1, 0, 0, 0]}]}',
    "long name": json.dumps({"directions": [{"name": "x" * 500, "vector": [1, 0, 0, 0]}]}),
    "twice": json.dumps({"directions": [{"name": "a", "vector": [1, 0, 0, 0]}] * 2}),
    "many": json.dumps({"directions": [{"name": str(k), "vector": [1] * 4} for k in range(65)]}),
    "large": " " * (3 << 20),
    "bytes": "\udcff",
}


@pytest.mark.parametrize("what", list(HOSTILE))
def test_a_hostile_file_is_refused_in_a_sentence_and_left_alone(
    page: Page, hosted: Hosted, what: str
) -> None:
    path = hosted.run.directory.path / NAME
    path.write_text(HOSTILE[what], "utf-8", errors="surrogateescape")
    before = path.read_bytes()
    way = {"name": "mine", "vector": [1, 0, 0, 0]}
    for header in (page.ask("kept")[0], page.ask("kept", do="keep", direction=way)[0]):
        assert header["kind"] == "error" and header["text"].startswith("The file directions.json")
        assert header["text"].endswith(".") and "\n" not in header["text"]
    assert path.read_bytes() == before
    assert page.found("sefa")  # the page goes on
