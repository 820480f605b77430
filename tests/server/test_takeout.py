"""What is taken of a run over HTTP: who may, one at a time, and what is left on the disk."""

from __future__ import annotations

import asyncio
import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from starlette.testclient import TestClient

from gan_lab.config import RunConfig
from gan_lab.export import EXPORTS
from gan_lab.runs import (
    Budget,
    Hosted,
    Registry,
    RunDirectory,
    State,
    disk,
    labels,
    open_generators,
)
from gan_lab.runs.library import library
from gan_lab.runs.messages import Pause, Step
from gan_lab.runs.owners import Owners
from gan_lab.server import COOKIE, PREFIX, Sender, hub, limits, making
from gan_lab.server import takeout as module
from gan_lab.server.making import HELD, Makings, plain_name
from gan_lab.server.thumbnails import Thumbnails, thumbnails
from tests.event_loop import completed
from tests.patience import WAIT


@dataclass
class Slow:
    """A file that is written as soon as the test says so."""

    name: str = "slow"
    title: str = "Slow"
    about: str = "A file."
    ending: str = ".txt"
    media: str = "text/plain"
    why: str = ""
    go: threading.Event | None = None

    def why_not(self, directory: RunDirectory) -> str:
        return self.why

    def reads(self, directory: RunDirectory) -> bool:
        return False

    def write(self, directory: RunDirectory, out: Path, tell: Callable[[float, str], None]) -> str:
        tell(0.5, "half of it")
        while self.go is not None and not self.go.wait(0.02):
            tell(0.5, "half of it")
        out.write_text("here", "utf-8")
        return "It is written."


class Broken(Slow):
    def write(self, directory: RunDirectory, out: Path, tell: Callable[[float, str], None]) -> str:
        out.write_text("half", "utf-8")
        raise OSError(28, "No space left on device")


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> Iterator[Makings]:
    """Makings of this test alone; afterwards there is to be made what there was, in that order."""
    makings, order = Makings(), {**EXPORTS}
    monkeypatch.setattr(module, "makings", makings)
    yield makings
    makings.close()
    EXPORTS.clear()
    EXPORTS.update(order)


@pytest.fixture
def hosted(runs: Registry, small: Callable[..., RunConfig], own: Makings) -> Hosted:
    return runs.start(small(), "somebody")


def offer(*exports: Slow) -> None:
    """These and no others, until the test's ``own`` makings end."""
    EXPORTS.clear()
    EXPORTS.update({export.name: export for export in exports})  # pyright: ignore[reportArgumentType]


def until(client: TestClient, path: str, *states: str) -> dict[str, Any]:
    deadline = time.monotonic() + WAIT
    while True:
        now = client.get(path + "/now").json()
        if now is not None and now["state"] in states:
            return now
        assert time.monotonic() < deadline, now
        time.sleep(0.02)


def test_a_file_is_made_told_and_taken(client, hosted, monkeypatch) -> None:
    go = threading.Event()
    offer(Slow(go=go), Slow("other", why="There is no checkpoint yet."))
    path = f"{PREFIX}/takeout/{hosted.view_id}"
    found = client.get(path).json()
    assert [(one["name"], one["why"]) for one in found["exports"]] == [
        ("slow", ""), ("other", "There is no checkpoint yet."),
    ]  # fmt: skip
    assert found["now"] is None
    assert client.get(path + "/file").status_code == 404
    assert client.post(path, json={"export": "slow"}).json()["state"] in ("waiting", "making")
    until(client, path, "making")
    second = client.post(path, json={"export": "slow"})  # one at a time
    assert second.status_code == 503
    assert "being made already" in second.text
    go.set()
    now = until(client, path, "ready")
    assert (now["words"], now["size"]) == ("It is written.", 4)
    taken = client.get(path + "/file")
    assert taken.text == "here"
    assert "attachment" in taken.headers["content-disposition"]
    assert now["file"] in taken.headers["content-disposition"]


def test_a_file_is_of_what_the_run_has_reached_and_not_of_its_last_checkpoint(
    client, runs, small, own, monkeypatch
) -> None:
    run = runs.start(small({"training.checkpoint_seconds": 0}), "somebody")
    run.run.send(Pause()).result(WAIT)
    run.run.send(Step(9)).result(WAIT)
    deadline = time.monotonic() + WAIT
    while (now := run.run.latest()).counts.steps < 9 or now.state is not State.PAUSED:
        assert time.monotonic() < deadline, now
        time.sleep(0.01)
    first = run.directory.checkpoint_files()[-1]
    assert int(first.stem) < now.counts.steps
    os.utime(first, (1, 1))
    offer(Slow())
    path = f"{PREFIX}/takeout/{run.view_id}"
    client.post(path, json={"export": "slow"})
    until(client, path, "ready")
    assert int(run.directory.checkpoint_files()[-1].stem) == now.counts.steps
    client.post(path, json={"export": "slow"})  # and not once more: it is saved
    assert sum(entry.path == "checkpoint" for entry in run.run.ledger()) == 1


def test_what_cannot_be_had_is_refused_with_its_reason(client, hosted, monkeypatch) -> None:
    offer(Slow(why="There is no checkpoint yet."))
    path = f"{PREFIX}/takeout/{hosted.view_id}"
    refused = client.post(path, json={"export": "slow"})
    assert (refused.status_code, refused.text) == (409, "There is no checkpoint yet.")
    assert client.post(path, json={"export": "../../etc"}).status_code == 404
    for body in (b"", b"[]", b"{", b"\xff", b'{"export": {}}', b"x" * 100_000):
        assert client.post(path, content=body).status_code == 404


def test_sets_are_of_the_size_and_class_that_was_asked_for(client, runs, small, begin, own) -> None:
    run = begin(small({"networks.labels": "concat"}), "runs/sets", budget=Budget(steps=3))
    assert run.join(WAIT)
    path = f"{PREFIX}/takeout/{runs.open(str(run.directory.path), '').view_id}"
    found = {one["name"]: one["wish"] for one in client.get(path).json()["exports"]}
    assert found["npz"] == {"n": 1000, "most": 10_000, "classes": [str(k) for k in range(10)]}
    assert (found["grid"]["n"], found["grid"]["most"]) == (64, 1024) and found["csv"] is None
    asked = {"export": "npz", "n": 7, "label": "3"}
    assert client.post(path, json=asked).status_code == 200
    assert until(client, path, "ready")["words"] == "7 pictures of step 3."
    with np.load(io.BytesIO(client.get(path + "/file").content)) as arrays:
        assert len(arrays["images"]) == 7 and arrays["labels"].tolist() == [3] * 7
    for wrong, words in [
        ({"n": 0}, "1 to 10,000"), ({"n": 10_001}, "1 to 10,000"), ({"n": 1e3}, "1 to 10,000"),
        ({"n": True}, "1 to 10,000"), ({"n": "9"}, "1 to 10,000"), ({"label": "x"}, "that class"),
        ({"label": ["3"]}, "that class"), ({"export": "csv", "n": 3}, "Only of generated pictures"),
    ]:  # fmt: skip
        refused = client.post(path, json={"export": "npz", **wrong})
        assert refused.status_code == 400 and words in refused.text


def test_a_cancelled_file_leaves_nothing(client, hosted, own, monkeypatch) -> None:
    offer(Slow(go=threading.Event()))
    path = f"{PREFIX}/takeout/{hosted.view_id}"
    client.post(path, json={"export": "slow"})
    until(client, path, "making")
    made = own.of(hosted.view_id, "")
    client.delete(path)
    until(client, path, "cancelled")
    assert made is not None
    assert not made.path.exists()


def test_a_full_disk_is_told_in_one_sentence(client, hosted, own, monkeypatch) -> None:
    offer(Broken())
    path = f"{PREFIX}/takeout/{hosted.view_id}"
    client.post(path, json={"export": "slow"})
    words = until(client, path, "failed")["words"]
    assert words == "It could not be made: No space left on device."
    made = own.of(hosted.view_id, "")
    assert made is not None
    assert not made.path.exists()


def test_nothing_is_begun_on_a_disk_that_is_nearly_full(client, hosted, own, monkeypatch) -> None:
    begun = []
    monkeypatch.setattr(Slow, "write", lambda *_: begun.append(1))
    monkeypatch.setattr(disk, "FREE", 1 << 60)
    offer(Slow())
    path = f"{PREFIX}/takeout/{hosted.view_id}"
    client.post(path, json={"export": "slow"})
    words = until(client, path, "failed")["words"]
    assert words == "It could not be made: the disk is nearly full."
    assert not begun


def test_nobody_takes_of_a_run_that_he_cannot_name(client, hosted, monkeypatch) -> None:
    offer(Slow())
    for path in ("nonsense", hosted.directory.path.name):
        where = f"{PREFIX}/takeout/{path}"
        assert client.get(where).status_code == 404
        assert client.post(where, json={"export": "slow"}).status_code == 404
        assert client.get(where + "/now").status_code == 404
        assert client.get(where + "/file").status_code == 404
    foreign = {"origin": "http://evil.example"}
    where = f"{PREFIX}/takeout/{hosted.view_id}"
    assert client.get(where, headers=foreign).status_code == 403
    assert client.post(where, json={"export": "slow"}, headers=foreign).status_code == 403
    assert client.post(PREFIX + "/bring", headers=foreign).status_code == 403


def test_files_that_lie_ready_are_few(hosted, own) -> None:
    for number in range(HELD + 3):
        view_id = f"run-{number}"
        made = own.begin(view_id, Sender(""), hosted.directory, Slow())
        deadline = time.monotonic() + WAIT
        while made.state != "ready":
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert own.of("run-0", "") is None
    newest = own.of(f"run-{HELD + 2}", "")
    assert newest is not None
    place = newest.path.parent.parent
    assert len(list(place.iterdir())) == HELD
    own.close()
    assert not place.exists()


def test_invented_cookies_of_one_address_do_not_hold_the_whole_queue(hosted, own) -> None:
    go = threading.Event()

    def begin(visitor: str, address: str) -> making.Made:
        return own.begin("run", Sender(visitor, address), hosted.directory, Slow(go=go))

    every = [begin(f"invented {n}", "192.0.2.1") for n in range(limits.of_address(making.QUEUE))]
    with pytest.raises(making.Busy, match="^Others are having files made"):
        begin("invented", "192.0.2.1")
    every.append(begin("anna", "198.51.100.7"))
    go.set()
    for made in every:
        reaches(made, "ready")


def test_invented_cookies_do_not_remove_the_files_of_another_address(hosted, own) -> None:
    hers = own.begin("run", Sender("anna", "198.51.100.7"), hosted.directory, Slow())
    reaches(hers, "ready")
    for n in range(HELD + 3):
        sender = Sender(f"invented {n}", "192.0.2.1")
        reaches(own.begin("run", sender, hosted.directory, Slow()), "ready")
    assert own.of("run", "anna") is hers and hers.path.exists()
    assert own.of("run", "invented 0") is None


def reaches(made: making.Made, state: str) -> None:
    """Wait until a file is as far as that."""
    deadline = time.monotonic() + WAIT
    while made.state != state:
        assert time.monotonic() < deadline, made
        time.sleep(0.01)


class Beside(Slow):
    """One that writes a second file, as a script has its pictures beside it."""

    def write(self, directory: RunDirectory, out: Path, tell: Callable[[float, str], None]) -> str:
        out.with_suffix(".npz").write_bytes(bytes(100))
        return super().write(directory, out, tell)


def test_what_lies_beside_a_file_goes_with_it_though_nobody_asks(hosted, own, monkeypatch) -> None:
    made = own.begin("run", Sender(""), hosted.directory, Beside())
    reaches(made, "ready")
    place = made.path.parent.parent
    assert len([path for path in place.rglob("*") if path.is_file()]) == 2
    monkeypatch.setattr(making, "KEPT", -1.0)
    own.sweep()
    assert list(place.iterdir()) == []


def test_the_servers_end_ends_what_is_being_made(hosted, own, monkeypatch) -> None:
    monkeypatch.setattr(hub, "makings", own)
    monkeypatch.setattr(hub, "warm", lambda: None)
    monkeypatch.setattr(hub, "registry", Registry)

    async def served() -> None:
        async with hub.lifespan(None):
            made.append(own.begin("run", Sender(""), hosted.directory, Slow(go=threading.Event())))
            # one that still waits for its turn would never begin
            await asyncio.to_thread(reaches, made[0], "making")

    made: list[making.Made] = []
    completed(served())
    reaches(made[0], "cancelled")
    again = own.begin("run", Sender(""), hosted.directory, Slow())  # by another server
    reaches(again, "ready")


def test_an_old_file_is_gone(hosted, own, monkeypatch) -> None:
    made = own.begin("run", Sender(""), hosted.directory, Slow())
    reaches(made, "ready")
    monkeypatch.setattr(making, "KEPT", -1.0)
    assert own.of("run", "") is None
    assert not made.path.exists()


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04nonsense", b"GIF89a" + b"\0" * 1000])
def test_what_is_no_run_is_refused_in_a_sentence(client, runs, tmp_path, body) -> None:
    before = {path.name for path in tmp_path.iterdir()}
    client.cookies.set(COOKIE, "somebody")
    refused = client.post(PREFIX + "/bring", content=body)
    assert refused.status_code == 400
    assert "Traceback" not in refused.text
    assert refused.text.strip()
    assert {path.name for path in tmp_path.iterdir()} == before


def test_a_run_that_was_brought_belongs_to_who_brought_it(client, begin, small, tmp_path) -> None:
    run = begin(small(), "taken", budget=Budget(steps=3))
    assert run.join(WAIT)
    whole = tmp_path / "whole.zip"
    EXPORTS["bundle"].write(run.directory, whole, lambda done, words: None)
    client.cookies.set(COOKIE, "somebody")
    came = client.post(PREFIX + "/bring", content=whole.read_bytes())
    assert came.status_code == 200 and came.json()["run"]
    books = library()
    mine = [entry for entry in books.entries("somebody") if entry.mine]
    assert len(mine) == 1 and mine[0].steps == 3
    assert mine[0].name not in {entry.name for entry in books.entries("somebody else")}


def test_a_run_that_is_brought_is_nobodys_at_no_instant(
    client, begin, small, tmp_path, monkeypatch
) -> None:
    run = begin(small(), "taken", budget=Budget(steps=3))
    assert run.join(WAIT)
    whole = tmp_path / "whole.zip"
    EXPORTS["bundle"].write(run.directory, whole, lambda done, words: None)
    seen: list[int] = []
    mark = Owners.mark

    def late(self: Owners, path: Path, visitor: str) -> None:
        seen.append(len(library().entries("somebody else")))
        mark(self, path, visitor)

    before = len(library().entries("somebody else"))
    monkeypatch.setattr(Owners, "mark", late)
    client.cookies.set(COOKIE, "somebody")
    assert client.post(PREFIX + "/bring", content=whole.read_bytes()).status_code == 200
    assert seen == [before]


def test_weights_that_were_brought_are_a_generator_to_explore(
    client, begin, small, tmp_path, runs
) -> None:
    run = begin(small(), "taken", budget=Budget(steps=3))
    assert run.join(WAIT)
    EXPORTS["safetensors"].write(run.directory, tmp_path / "weights")
    client.cookies.set(COOKIE, "somebody")
    for name, called in (("digits.safetensors", "digits"), ("../../<b>.pt", "generator")):
        sent = (tmp_path / "weights").read_bytes()
        came = client.post(PREFIX + "/bring", params={"name": name}, content=sent)
        assert came.status_code == 200
        hosted = runs.get(came.json()["run"])
        assert hosted.directory.path.name == called and not hosted.may_go_on("somebody")
        with hosted.exploring():
            model, own = hosted.shown().model, open_generators(run.directory).model
        z = own.draw(5, seed=2)
        assert torch.equal(model.images(z), own.images(z))
        assert "explored and sampled from" in hosted.run.latest().note
        assert "samples" in hosted.run.latest().pictures


@pytest.fixture
def imports(hosted, monkeypatch) -> tuple[threading.Semaphore, threading.Event]:
    """Each import is noted in the first one and waits for the second one."""
    opens, go = threading.Semaphore(0), threading.Event()

    def opened(*_: Any) -> Hosted:
        opens.release()
        assert go.wait(WAIT)
        return hosted

    monkeypatch.setattr(module, "_opened", opened)
    return opens, go


def test_one_visitor_brings_one_run_at_a_time_and_all_a_few(client, imports, monkeypatch) -> None:
    monkeypatch.setattr(limits, "BRINGING", 2)
    opens, go = imports

    def brings(visitor: str) -> tuple[int, str]:
        header = {"cookie": f"{COOKIE}={visitor}"}
        came = TestClient(client.app).post(PREFIX + "/bring", content=b"PK", headers=header)
        return came.status_code, came.text

    with ThreadPoolExecutor() as pool:
        first = pool.submit(brings, "one")
        assert opens.acquire(timeout=WAIT)
        assert brings("one") == (503, "You are bringing a run already; wait for it.")
        second = pool.submit(brings, "another")
        assert opens.acquire(timeout=WAIT)
        assert brings("a third") == (503, "Others bring runs; try again in a moment.")
        go.set()
        assert first.result(WAIT)[0] == second.result(WAIT)[0] == 200
        assert brings("one")[0] == brings("a third")[0] == 200


def test_invented_cookies_of_one_address_leave_an_import_to_others(client, imports) -> None:
    opens, go = imports

    def brings(visitor: str, address: str) -> int:
        header = {"cookie": f"{COOKIE}={visitor}"}
        browser = TestClient(client.app, client=(address, 50000))
        return browser.post(PREFIX + "/bring", content=b"PK", headers=header).status_code

    with ThreadPoolExecutor() as pool:
        first = [
            pool.submit(brings, f"invented {n}", "192.0.2.1")
            for n in range(limits.of_address(limits.BRINGING))
        ]
        for _ in first:
            assert opens.acquire(timeout=WAIT)
        assert brings("invented", "192.0.2.1") == 503
        hers = pool.submit(brings, "anna", "198.51.100.7")
        assert opens.acquire(timeout=WAIT)
        go.set()
        assert [one.result(WAIT) for one in (*first, hers)] == [200] * (len(first) + 1)


def test_without_a_cookie_nothing_is_brought(client) -> None:
    assert client.post(PREFIX + "/bring", content=b"PK").status_code == 403


def test_more_than_a_run_can_be_is_not_written(client, monkeypatch) -> None:
    monkeypatch.setattr(limits, "ZIP", 1000)
    client.cookies.set(COOKIE, "somebody")
    refused = client.post(PREFIX + "/bring", content=b"x" * 2000)
    assert refused.status_code == 400
    assert "no run of this app" in refused.text


def test_a_thumbnail_has_a_name_that_cannot_be_guessed(client) -> None:
    name = thumbnails.keep(b"a picture")
    found = client.get(f"{PREFIX}/thumbnail/{name}")
    assert (found.content, found.headers["content-type"]) == (b"a picture", "image/png")
    assert client.get(f"{PREFIX}/thumbnail/{'0' * 32}").status_code == 404
    assert thumbnails.keep(b"") == ""


def test_thumbnails_that_were_listed_longest_ago_go_first() -> None:
    few = Thumbnails(held=2)
    one, two = few.keep(b"1"), few.keep(b"2")
    few.keep(b"1")
    few.keep(b"3")
    assert few.get(one) == b"1"
    assert few.get(two) is None


@pytest.mark.parametrize(
    ("name", "plain"),
    [("20261124-quick", "20261124-quick"), ('a"b\r\nc', "a-b--c"), ("é/..", "run"), ("..", "run")],
)
def test_names_of_files_go_into_any_header(name: str, plain: str) -> None:
    assert plain_name(name) == plain


def test_a_file_is_called_as_somebody_named_the_run(hosted) -> None:
    folder = hosted.directory.path.name
    export = {name: EXPORTS[name] for name in ("npz", "bundle")}
    assert making.file_name(hosted.directory, export["npz"]) == f"{folder}.npz"
    labels.write(hosted.directory.path, labels.labels("Anna's 3rd: ../try"))
    assert making.file_name(hosted.directory, export["bundle"]) == "Anna-s-3rd--..-try-bundle.zip"
    labels.write(hosted.directory.path, labels.labels("数字"))  # no header takes this
    assert making.file_name(hosted.directory, export["npz"]) == f"{folder}.npz"


def test_nobody_cancels_or_replaces_what_another_visitor_asked_for(client, hosted, own) -> None:
    """Anyone with the view link may export; each visitor has files of their own."""
    go = threading.Event()
    offer(Slow(go=go))
    path, as_anna = f"{PREFIX}/takeout/{hosted.view_id}", {"cookie": f"{COOKIE}=anna"}
    others = [{"cookie": f"{COOKIE}=bert"}, {}, {"cookie": f"{COOKIE}="}]
    client.post(path, json={"export": "slow"}, headers=as_anna)
    hers = own.of(hosted.view_id, "anna")
    assert hers is not None
    for other in others:
        assert client.delete(path, headers=other).json()["now"] is None
        assert client.get(path + "/now", headers=other).json() is None
        assert client.get(path + "/file", headers=other).status_code == 404
    assert not hers.cancelled
    go.set()
    reaches(hers, "ready")
    assert client.post(path, json={"export": "slow"}, headers=others[0]).status_code == 200
    client.delete(path, headers=others[1])
    assert client.get(path + "/file", headers=as_anna).text == "here"
    assert client.delete(path, headers=as_anna).json()["now"] is None
    assert not hers.path.exists()


def test_a_visitor_who_wishes_too_often_holds_up_nobody_else(client, hosted, own) -> None:
    path = f"{PREFIX}/takeout/{hosted.view_id}"
    codes = [
        client.delete(path, headers={"cookie": f"{COOKIE}=bert"}).status_code for _ in range(40)
    ]
    assert codes[-1] == 429
    assert client.delete(path, headers={"cookie": f"{COOKIE}=anna"}).status_code == 200


def test_an_export_that_fills_the_disk_is_ended(client, hosted, own, monkeypatch) -> None:
    """The free space is looked at whenever the export tells its progress."""
    go = threading.Event()
    offer(Slow(go=go))
    path = f"{PREFIX}/takeout/{hosted.view_id}"
    client.post(path, json={"export": "slow"})
    until(client, path, "making")
    monkeypatch.setattr(disk, "FREE", 1 << 60)
    assert until(client, path, "failed")["words"] == (
        "It could not be made: the disk is nearly full."
    )
