"""The two sockets of a run: whatever a page says is answered in a sentence, and the talk goes on;
or it came too fast, and that line alone is closed."""

from __future__ import annotations

import base64
import contextlib
import functools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from gan_lab.runs import wire
from gan_lab.server import PREFIX, Sender, limits
from gan_lab.server.explore.questions import QUESTIONS
from gan_lab.server.limits import HASTY, LATENT, LIVE, Rate, Rates

from .conftest import ANNA, BERT, as_visitor
from .harness import in_time, sentence, watched
from .sockets import LATENT_WRONG, LIVE_STRANGE, LIVE_WRONG, PICTURES, SLOW, SOUND, WRONG

FEW = settings(deadline=None, max_examples=150, derandomize=True, database=None)


@pytest.fixture(scope="module")
def lines(client, hosted):
    """An open line to each socket, as a visitor has it who may look and no more."""
    addresses = {which: f"{PREFIX}/{which}/{hosted.view_id}" for which in ("live", "latent")}
    with contextlib.ExitStack() as stack:

        @functools.cache
        def line(which):
            headers = as_visitor(BERT)
            return Line(
                stack.enter_context(client.websocket_connect(addresses[which], headers=headers))
            )

        yield line


class Line:
    """A page's end of a socket."""

    def __init__(self, socket):
        self.socket = socket

    def say(self, message):
        send = self.socket.send_bytes if isinstance(message, bytes) else self.socket.send_text
        send(message)

    def hear(self, *kinds):
        """Header and payload of the next frame of those kinds."""
        while True:
            header, payload = wire.decode(self.socket.receive_bytes())
            if header["kind"] in kinds:
                return header, payload

    def goes_on(self, hosted):
        if "live" in str(self.socket.scope["path"]):
            self.say('{"curves": {}}')
            assert self.hear("curves", "error")[0]["kind"] == "curves"
        else:
            self.say('{"random": true}')
            assert self.hear("latent", "error")[0]["kind"] == "latent"


@pytest.fixture
def refused(lines, hosted, tmp_path):
    def check(which, message):
        line = lines(which)
        with watched(tmp_path):
            line.say(message)
            header, _ = line.hear("error", "latent", "curves", "around", "still", "meaning")
        assert header["kind"] == "error", header
        sentence(header["text"], hidden=[hosted.directory.path.parent])
        line.goes_on(hosted)

    return check


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """The lines stay open for all of these tests, which ask faster than any page."""
    monkeypatch.setattr(limits.Ear, "hears", lambda self, message: True)


@pytest.mark.parametrize("case", LIVE_WRONG)
def test_what_the_live_socket_does_not_understand(refused, case):
    refused("live", LIVE_WRONG[case])


@pytest.mark.parametrize("case", LIVE_STRANGE)
def test_strange_questions_for_curves_are_answered(lines, hosted, tmp_path, case):
    line = lines("live")
    with watched(tmp_path):
        line.say(LIVE_STRANGE[case])
        header, payload = line.hear("curves", "error")
    assert header["kind"] == "curves"
    assert len(payload) <= 4 * 3 * len(header["columns"]) * 500


@pytest.mark.parametrize("case", LATENT_WRONG)
def test_what_the_latent_socket_does_not_understand(refused, case):
    refused("latent", LATENT_WRONG[case])


# -- questions by name -----------------------------------------------------------------------------


def answers(line, name, number, fields):
    """All frames of the answer to one question."""
    line.say(json.dumps({**fields, "ask": name, "id": number}))
    got = []
    while not got or not (got[-1]["kind"] == "error" or got[-1]["done"]):
        header, _ = wire.decode(line.socket.receive_bytes())
        if header.get("id") == number:
            got.append(header)
    return got


def test_every_question_is_tried(lines, hosted):
    assert SOUND.keys() == QUESTIONS.keys()
    for number, (name, fields) in enumerate(SOUND.items()):
        if name not in SLOW:
            last = answers(lines("latent"), name, number, fields)[-1]
            assert last["kind"] == name or "Only the one who started" in last["text"], last


@pytest.mark.parametrize(
    ("name", "field"), [(name, field) for name, fields in SOUND.items() for field in fields]
)
def test_no_value_of_a_field_does_harm(lines, hosted, tmp_path, name, field):
    line, root = lines("latent"), hosted.directory.path.parent
    for number, (what, value) in enumerate(WRONG.items()):
        if name in SLOW and value is None:
            continue
        with watched(tmp_path):
            last = answers(line, name, number, {**SOUND[name], field: value})[-1]
        if last["kind"] == "error":
            sentence(last["text"], hidden=[root])
            assert "No answer could be made" not in last["text"], (what, last["text"])
    line.goes_on(hosted)


@pytest.mark.parametrize("case", PICTURES)
def test_no_picture_of_a_visitor_does_harm(lines, hosted, tmp_path, case):
    line = lines("latent")
    with watched(tmp_path):
        content = base64.b64encode(PICTURES[case]).decode()
        last = answers(line, "subject", 1, {"of": "file", "file": content})[-1]
    if last["kind"] == "error":
        sentence(last["text"], hidden=[hosted.directory.path.parent])
    assert (last["kind"] == "subject") is (case == "16 million px")


@FEW
@given(message=st.binary(max_size=40) | st.text(max_size=40))
@pytest.mark.parametrize("which", ["live", "latent"])
def test_whatever_is_said_is_answered(lines, hosted, which, message):
    line = lines(which)
    with in_time():
        line.say(message)
        header, _ = line.hear("error", "latent")
    assert header["kind"] == "latent" or not sentence(header["text"])


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@FEW
@given(key=st.sampled_from(["curves", "around", "meaning", "still", "hidden"]), value=ANYTHING)
def test_whatever_the_live_socket_is_asked_for_is_answered(lines, hosted, key, value):
    line = lines("live")
    with in_time():
        line.say(json.dumps({key: value}))
        if key != "hidden":
            header, _ = line.hear("error", "curves", "around", "meaning", "still")
            assert header["kind"] != "error" or not sentence(header["text"])
        line.goes_on(hosted)


@FEW
@given(
    name=st.sampled_from(sorted(SOUND.keys() - SLOW)),
    more=st.dictionaries(
        st.sampled_from(sorted({field for fields in SOUND.values() for field in fields})), ANYTHING
    ),
)
def test_whatever_the_latent_socket_is_asked_by_name_is_answered(lines, hosted, name, more):
    more = {k: v for k, v in more.items() if k not in ("steps", "starts", "frames", "how")}
    with in_time():
        last = answers(lines("latent"), name, 1, {**SOUND[name], **more})[-1]
    if last["kind"] == "error":
        sentence(last["text"], hidden=[hosted.directory.path.parent])


@FEW
@given(
    fields=st.dictionaries(
        st.sampled_from(["z", "random", "seed", "scale", "held", "label"]), ANYTHING
    )
)
def test_whatever_z_is_said_to_be_is_answered(lines, hosted, fields):
    line = lines("latent")
    with in_time():
        line.say(json.dumps(fields))
        header, _ = line.hear("error", "latent")
    assert header["kind"] == "latent" or not sentence(header["text"])


# -- how fast --------------------------------------------------------------------------------------


def heard_until_closed(socket):
    while True:
        try:
            socket.receive_bytes()
        except WebSocketDisconnect as closed:
            return closed


@pytest.mark.parametrize(("which", "talk"), [("live", LIVE), ("latent", LATENT)])
def test_who_asks_too_fast_is_cut_off_and_nobody_else(
    client, hosted, lines, which, talk, monkeypatch
):
    monkeypatch.undo()
    other = lines("latent" if which == "live" else "live")
    with client.websocket_connect(f"{PREFIX}/{which}/{hosted.view_id}") as socket:
        for _ in range(3 * talk.at_once):
            socket.send_text("x" * 10)
        closed = heard_until_closed(socket)
    assert closed.code == HASTY
    sentence(closed.reason)
    assert len(closed.reason.encode()) <= 123
    other.goes_on(hosted)


@pytest.mark.parametrize(("which", "talk"), [("live", LIVE), ("latent", LATENT)])
def test_who_sends_too_much_is_cut_off(client, hosted, which, talk, monkeypatch):
    monkeypatch.undo()
    with client.websocket_connect(f"{PREFIX}/{which}/{hosted.view_id}") as socket:
        for _ in range(9):
            socket.send_bytes(bytes(talk.volume))
        assert heard_until_closed(socket).code == HASTY


def test_who_holds_too_many_lines_gets_no_more_until_one_is_let_go(
    client, hosted, lines, monkeypatch
):
    monkeypatch.setattr(limits, "LINES", 3)

    def line(visitor, which="live"):
        return client.websocket_connect(
            f"{PREFIX}/{which}/{hosted.view_id}", headers=as_visitor(visitor)
        )

    def turned_away(visitor, which="live"):
        with line(visitor, which) as socket:
            closed = heard_until_closed(socket)
        assert (closed.code, closed.reason) == (limits.CROWDED, limits.TOO_MANY)
        sentence(closed.reason)

    other = lines("live")  # of Bert
    with line(ANNA), line(ANNA, "latent"):
        with line(ANNA) as third:
            assert third.receive_bytes()
            turned_away(ANNA)
            turned_away(ANNA, "latent")
            other.goes_on(hosted)
        with line(ANNA) as third:
            assert third.receive_bytes(), "one was let go"
        monkeypatch.setattr(limits, "ALL_LINES", 3)
        turned_away("carl-who-comes-late")


def test_invented_cookies_of_one_address_leave_sockets_to_others(client, hosted, monkeypatch):
    monkeypatch.setattr(limits, "ALL_LINES", 12)  # other tests hold two
    path = f"{PREFIX}/live/{hosted.view_id}"

    def line(visitor, address):
        browser = TestClient(client.app, client=(address, 50000))
        return browser.websocket_connect(path, headers=as_visitor(visitor))

    with contextlib.ExitStack() as held:
        for number in range(limits.of_address(12)):
            held.enter_context(line(f"invented-{number}", "192.0.2.1"))
        with line("invented", "192.0.2.1") as one_more:
            with pytest.raises(WebSocketDisconnect) as closed:
                one_more.receive_bytes()
            assert closed.value.code == limits.CROWDED
        with line(ANNA, "198.51.100.7") as hers:
            assert hers.receive_bytes()


def test_a_page_that_follows_a_finger_is_never_cut_off():
    """Sixty questions a second for ten minutes, and a burst whenever the line was held up."""
    now = 0.0
    messages = Rate(LATENT.a_second, LATENT.at_once, lambda: now)
    volume = Rate(LATENT.volume, 4 * LATENT.volume, lambda: now)
    for second in range(600):
        burst = 120 if second % 60 == 59 else 0
        for _ in range(60 + burst):
            assert messages.takes() and volume.takes(4 * 513)
            now += 0.0 if burst else 1 / 60


def test_a_bucket_fills_again_and_never_holds_more_than_it_holds():
    now = 0.0
    rate = Rate(2.0, 4.0, lambda: now)
    assert [rate.takes() for _ in range(5)] == [True] * 4 + [False]
    now = 0.5
    assert [rate.takes() for _ in range(2)] == [True, False]
    now = 100.0
    assert [rate.takes() for _ in range(5)] == [True] * 4 + [False]


def test_buckets_of_many_names_stay_few():
    rates = Rates(0.0, 1, names=3)
    a, *others = (Sender(name, name) for name in "abcd")
    assert rates.takes(a) and not rates.takes(a)
    for other in others:
        assert rates.takes(other)
    assert len(rates._visitors) == len(rates._addresses) == 3 and rates.takes(a)
