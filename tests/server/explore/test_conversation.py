"""Questions by name over the latent socket, with questions of our own making."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Generator
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketTestSession

from gan_lab.config import RunConfig, put
from gan_lab.runs import Hosted, Registry, wire
from gan_lab.runs.messages import Pause
from gan_lab.server import PREFIX
from gan_lab.server.explore.asked import Answer, Asked, Wrong
from gan_lab.server.explore.conversation import UNDER_WAY
from gan_lab.server.explore.questions import QUESTIONS
from gan_lab.server.limits import QUESTION
from gan_lab.server.visitors import COOKIE
from tests.patience import WAIT

TINY = put(RunConfig(), {"networks.g.width": 4, "networks.d.width": 4, "latent.dim": 4})


@pytest.fixture
def hosted(runs: Registry) -> Hosted:
    one = runs.start(TINY, "somebody")
    one.run.send(Pause()).result(WAIT)
    return one


@pytest.fixture
def socket(client: TestClient, hosted: Hosted) -> Any:
    path = f"{PREFIX}/latent/{hosted.view_id}"
    with client.websocket_connect(path, headers={"cookie": f"{COOKIE}=somebody"}) as opened:
        yield opened


def ask(socket: WebSocketTestSession, name: str, number: int, **fields: object) -> None:
    socket.send_text(json.dumps({"ask": name, "id": number, **fields}))


def answer(socket: WebSocketTestSession) -> dict[str, Any]:
    return wire.decode(socket.receive_bytes())[0]


def counting(asked: Asked) -> Generator[Answer, None, None]:
    count = asked.whole("to", 1, 1000)
    for number in range(1, count + 1):
        yield Answer({"number": number}, more=number < count)


def test_a_question_is_answered_step_by_step(
    socket: WebSocketTestSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(QUESTIONS, "counting", counting)
    ask(socket, "counting", 7, to=3)
    got = [answer(socket) for _ in range(3)]
    assert [one["number"] for one in got] == [1, 2, 3]
    assert [one["done"] for one in got] == [False, False, True]
    assert {(one["kind"], one["id"]) for one in got} == {("counting", 7)}
    ask(socket, "counting", 8, to="many")
    wrong = answer(socket)
    assert (wrong["kind"], wrong["id"]) == ("error", 8)
    assert wrong["text"] == "to must be a whole number from 1 to 1000."


def test_pictures_follow_while_a_question_is_worked_at_and_it_can_be_cancelled(
    socket: WebSocketTestSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = threading.Event(), threading.Event()

    def endless(asked: Asked) -> Generator[Answer, None, None]:
        try:
            while True:
                begun.set()
                asked.stopped.wait(0.01)
                yield Answer({}, more=True)
        finally:
            ended.set()

    monkeypatch.setitem(QUESTIONS, "endless", endless)
    ask(socket, "endless", 1)
    assert begun.wait(WAIT)
    socket.send_text('{"random": true}')
    while answer(socket)["kind"] != "latent":
        pass
    ask(socket, "cancel", 1)
    assert ended.wait(WAIT), "an answer that nobody waits for was gone on with"


def test_a_new_question_takes_the_place_of_the_old_one(
    socket: WebSocketTestSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[Asked] = []

    def patient(asked: Asked) -> Generator[Answer, None, None]:
        if asked.flag("wait"):
            waiting.append(asked)
            assert asked.stopped.wait(WAIT)
        yield Answer({"waited": asked.flag("wait")})

    monkeypatch.setitem(QUESTIONS, "patient", patient)
    ask(socket, "patient", 1, wait=True)
    ask(socket, "patient", 2, wait=False)
    last = answer(socket)
    assert (last["id"], last["waited"]) == (2, False)


def test_a_page_that_goes_ends_its_questions(
    client: TestClient, hosted: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = threading.Event(), threading.Event()

    def patient(asked: Asked) -> Generator[Answer, None, None]:
        begun.set()
        asked.stopped.wait(WAIT)
        ended.set()
        yield Answer({})

    monkeypatch.setitem(QUESTIONS, "patient", patient)
    with client.websocket_connect(f"{PREFIX}/latent/{hosted.view_id}") as socket:
        ask(socket, "patient", 1)
        assert begun.wait(WAIT)
    assert ended.wait(WAIT)
    assert hosted.viewers == 0


def test_what_is_cancelled_before_its_turn_is_never_begun(
    socket: WebSocketTestSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever asks faster than he is answered would hold up everybody for long."""
    go, begun = threading.Event(), list[int]()

    def patient(asked: Asked) -> Generator[Answer, None, None]:
        go.wait(WAIT)
        yield Answer({})

    def hasty(asked: Asked) -> Generator[Answer, None, None]:
        begun.append(asked.fields["id"])
        yield Answer({})

    monkeypatch.setitem(QUESTIONS, "patient", patient)
    monkeypatch.setitem(QUESTIONS, "also patient", patient)
    monkeypatch.setitem(QUESTIONS, "hasty", hasty)
    ask(socket, "patient", 1)
    ask(socket, "also patient", 2)  # all workers have something to do
    for number in range(10, 30):
        ask(socket, "hasty", number)
    socket.send_text('{"random": true}')
    assert answer(socket)["kind"] == "latent", "by now all have been heard"
    go.set()
    while answer(socket)["id"] != 29:
        pass
    assert begun == [29]


def test_who_only_waits_takes_no_worker_from_others(
    socket: WebSocketTestSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def waits(asked: Asked) -> Generator[Answer, None, None]:
        yield Answer({}, more=True, pause=2 * WAIT)
        yield Answer({})

    monkeypatch.setitem(QUESTIONS, "counting", counting)
    for number in range(UNDER_WAY - 1):
        monkeypatch.setitem(QUESTIONS, f"waits {number}", waits)
        ask(socket, f"waits {number}", number)
        assert not answer(socket)["done"]
    ask(socket, "counting", 9, to=1)
    assert answer(socket)["done"]


def test_there_is_a_limit_to_what_one_page_asks_at_a_time(
    socket: WebSocketTestSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def patient(asked: Asked) -> Generator[Answer, None, None]:
        asked.stopped.wait(WAIT)
        yield Answer({})

    for number in range(UNDER_WAY + 1):
        monkeypatch.setitem(QUESTIONS, f"patient {number}", patient)
        ask(socket, f"patient {number}", number)
    refused = answer(socket)
    assert (refused["kind"], refused["id"]) == ("error", UNDER_WAY)


def test_a_question_knows_who_asks(
    socket: WebSocketTestSession, hosted: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mine(asked: Asked) -> Generator[Answer, None, None]:
        yield Answer({"mine": asked.explorable.may_control(asked.sender.visitor)})

    monkeypatch.setitem(QUESTIONS, "mine", mine)
    ask(socket, "mine", 1)
    assert answer(socket)["mine"] is hosted.may_control("somebody") is True


def test_what_goes_wrong_is_said_and_the_talk_goes_on(
    socket: WebSocketTestSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(asked: Asked) -> Generator[Answer, None, None]:
        yield Answer({}, more=True)
        raise RuntimeError("a network broke")

    monkeypatch.setitem(QUESTIONS, "broken", broken)
    ask(socket, "broken", 3)
    assert answer(socket)["kind"] == "broken"
    assert answer(socket) == {
        "kind": "error", "id": 3, "text": "No answer could be made (a network broke).",
    }  # fmt: skip
    for nonsense in (
        '{"ask": "nothing", "id": 1}', '{"ask": "broken"}', '{"ask": ["broken"], "id": 1}',
        '{"ask": null, "id": 1}', '{"ask": "broken", "id": "one"}',
        '{"ask": "' + "x" * QUESTION + '"}',
    ):  # fmt: skip
        socket.send_text(nonsense)
        assert answer(socket)["kind"] == "error"
    socket.send_text('{"random": true}')
    assert answer(socket)["kind"] == "latent"


WRONG: dict[str, tuple[str, list[object]]] = {
    "z": ("z", [None, "x", 1, [1, 2], [1, 2, 3, 1e300], [[1, 2, 3, 4]], [0, 0, 0, None], {}]),
    "zs": ("zs", [[], [1, 2, 3, 4], [[1, 2, 3]], [[0] * 4] * 9, [[0] * 4, [0] * 3]]),
    "whole": ("n", [None, True, 1.5, "3", 0, 11, 10**30, [1]]),
    "number": ("n", [None, True, "3", -0.1, 1.1, 10**400, math.nan, [1], {}]),
    "choice": ("c", [None, "d", 1, ["a"], {}]),
    "flag": ("f", [1, "true", []]),
    "text": ("t", [None, "", "   ", "a" * 9, "a\nb", "a\x00", 5, ["a"]]),
    "file": ("f", [None, "", "!!", "A" * 400, 5, "é"]),
}


@pytest.mark.parametrize("reader", list(WRONG))
def test_readers_refuse_what_is_wrong(hosted: Hosted, reader: str) -> None:
    name, values = WRONG[reader]
    shown = hosted.run.shown()
    assert shown is not None
    extra: dict[str, tuple[Any, ...]] = {
        "zs": (8,), "whole": (1, 10), "number": (0, 1), "choice": (("a", "b"),), "text": (8,),
        "file": (100,),
    }  # fmt: skip
    for value in values:
        asked = Asked({name: value}, hosted, shown.model)
        with pytest.raises(Wrong, match=r"\.$"):
            getattr(asked, reader)(name, *extra.get(reader, ()))


def test_readers_give_what_is_right(hosted: Hosted) -> None:
    shown = hosted.run.shown()
    assert shown is not None
    fields = {"z": [1, 2, 3, 4], "n": 3.0, "t": " Smile ", "f": "aGVsbG8=", "zs": [[0] * 4] * 2}
    asked = Asked(fields, hosted, shown.model)
    assert asked.z().tolist() == [[1, 2, 3, 4]]
    assert asked.zs("zs", 8).shape == (2, 4)
    assert asked.whole("n", 1, 10) == 3 and asked.whole("other", 1, 10, 5) == 5
    assert asked.number("n", 0, 10) == 3.0
    assert asked.text("t", 8) == "Smile"
    assert asked.file("f", 100) == b"hello"
    assert asked.label() is None and asked.labels("labels", 3) is None


def test_a_generator_that_came_with_the_app_answers_without_any_run(client: TestClient) -> None:
    with client.websocket_connect(f"{PREFIX}/latent/pretrained-fashion") as socket:
        socket.send_text('{"random": true}')
        header, payload = wire.decode(socket.receive_bytes())
        assert header["kind"] == "latent" and header["state"] == "pretrained"
        assert len(header["z"]) == 64 and header["classes"][8] == "bag"
        assert payload.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "message",
    [
        '{"ask": "subject", "id": 41, "file": "%s"}',
        '{"ask": "subject", "file": "%s", "id": 41}',
    ],
)
def test_a_question_that_is_too_long_is_refused_under_its_own_number(
    socket: WebSocketTestSession, message: str
) -> None:
    """Else the page would wait for its answer for ever."""
    socket.send_text(message % ("A" * QUESTION))
    refused = answer(socket)
    assert (refused["kind"], refused["id"]) == ("error", 41)
    assert refused["text"] == "That message is too long."


def test_what_goes_wrong_is_told_without_a_path_of_the_server(
    socket: WebSocketTestSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(asked: Asked) -> Generator[Answer, None, None]:
        raise RuntimeError("cannot read /srv/secret place/runs/a.pt: it is damaged")
        yield Answer({})

    monkeypatch.setitem(QUESTIONS, "broken", broken)
    ask(socket, "broken", 3)
    text = answer(socket)["text"]
    assert "a.pt" in text and "/srv" not in text
