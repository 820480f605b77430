"""The routes of one visitor's run, as they answer somebody else, another site, and a guess."""

from __future__ import annotations

import threading

import pytest
from starlette.websockets import WebSocketDisconnect

from gan_lab.server import PREFIX, limits
from gan_lab.server.limits import TOO_OFTEN
from gan_lab.server.origin import FOREIGN, UNKNOWN
from gan_lab.server.thumbnails import thumbnails

from .conftest import ANNA, BERT, as_visitor
from .harness import in_time, sentence, watched

GUESSES = {
    "the folder's name": "hers",
    "the cookie of its owner": ANNA,
    "nothing": "%20",
    "a way out": "..%2f..%2fhers",
    "a way out of Windows": "..%5chers",
    "a way out, told twice": "..%252f..%252fhers",
    "an absolute path": "%2fetc%2fpasswd",
    "a zero": "a%00b",
    "two lines": "a%0d%0aset-cookie:%20x=1",
    "a wild card": "*",
    "a script": "%3Cscript%3Ealert(1)%3C%2fscript%3E",
    "half a character": "%ed%a0%80",
    "bytes of no text": "%ff%fe",
    "5,000 letters": "x" * 5_000,
    "a format": "%7b0.__class__%7d",
    "a query": "hers?x=1",
    "an id cut off": "{id[:-1]}",
    "an id with a letter more": "{id}x",
    "an id in capitals": "{ID}",
}
"""View ids that nobody was given."""

FOREIGNERS = {
    "another site": "https://evil.example",
    "a site of the same beginning": "http://testserver.evil.example",
    "another port": "http://testserver:8080",
    "no site": "null",
    "a file": "file://",
    "two sites": "http://testserver, https://evil.example",
    "a name before it": "http://testserver@evil.example",
    "words": "not an address",
    "half an address": "http://[",
    "a port that is none": "http://testserver:port",
}
"""Origins that are not this server."""


def routes_of(view_id):
    """Method and path of every route that tells of a run."""
    film, taken = f"{PREFIX}/film/{view_id}", f"{PREFIX}/takeout/{view_id}"
    return [
        ("GET", film),
        ("GET", f"{film}/0-00000000"),
        ("GET", f"{film}/animation.gif"),
        ("GET", taken),
        ("POST", taken),
        ("DELETE", taken),
        ("GET", f"{taken}/now"),
        ("GET", f"{taken}/file"),
    ]


def closed_with(client, path, **headers):
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client.websocket_connect(path, headers=headers) as socket,
    ):
        socket.receive_bytes()
    return refused.value.code


@pytest.mark.parametrize("case", GUESSES)
def test_no_guess_opens_a_run(client, hosted, tmp_path, case):
    view_id = hosted.view_id
    guess = GUESSES[case]
    if "{" in guess:
        guess = {"{id[:-1]}": view_id[:-1], "{id}x": f"{view_id}x", "{ID}": view_id.swapcase()}[
            guess
        ]
    with watched(tmp_path):
        for visitor in ({}, as_visitor(BERT), as_visitor(ANNA)):
            for method, path in routes_of(guess):
                answer = client.request(method, path, headers=visitor)
                assert answer.status_code in (404, 405), (method, path)
                assert guess not in answer.text and "hers" not in answer.text
        for which in ("live", "latent"):
            code = closed_with(client, f"{PREFIX}/{which}/{guess}")
            assert code in (UNKNOWN, 1000, 403, 404)


@pytest.mark.parametrize("case", FOREIGNERS)
def test_no_other_site_reaches_a_run(client, hosted, tmp_path, case):
    foreign = {"origin": FOREIGNERS[case]}
    with watched(tmp_path):
        for method, path in [
            *routes_of(hosted.view_id),
            ("POST", f"{PREFIX}/bring"),
            ("GET", f"{PREFIX}/thumbnail/{'0' * 32}"),
        ]:
            answer = client.request(method, path, headers=foreign | as_visitor(ANNA))
            assert (answer.status_code, answer.text) == (403, "not from here"), path
        for which in ("live", "latent"):
            path = f"{PREFIX}/{which}/{hosted.view_id}"
            assert closed_with(client, path, **foreign, **as_visitor(ANNA)) == FOREIGN


NAMES = {
    "a way out": "..%2f..%2fapp.js",
    "a way out of Windows": "..%5c..%5capp.js",
    "an absolute path": "%2fetc%2fpasswd",
    "Python": "loader.py",
    "a zero": "live.js%00.py",
    "the folder": "%2e",
    "a style": "live.css",
    "a long name": "x" * 5_000,
    "bytes of no text": "%ff.js",
}


@pytest.mark.parametrize("case", NAMES)
def test_no_name_of_a_file_leads_out_of_its_folder(client, tmp_path, case):
    with watched(tmp_path):
        for path in (f"{PREFIX}/x/{NAMES[case]}", f"{PREFIX}/thumbnail/{NAMES[case]}"):
            assert client.get(path).status_code == 404, path


COOKIES = {
    "none": "",
    "of no value": "ganlab_visitor=",
    "of another name": "visitor=anna",
    "no cookie at all": ";;;=;",
    "an illegal name": "a[b]=c; ganlab_visitor",
    "20,000 letters": "x=" + "y" * 20_000,
}


@pytest.mark.parametrize("case", COOKIES)
def test_who_has_no_cookie_brings_nothing_and_keeps_nothing(client, hosted, tmp_path, case):
    headers = {"cookie": COOKIES[case]}
    with watched(tmp_path):
        answer = client.post(f"{PREFIX}/bring", content=b"PK\3\4", headers=headers)
        with client.websocket_connect(
            f"{PREFIX}/latent/{hosted.view_id}", headers=headers
        ) as socket:
            socket.send_text('{"ask": "kept", "id": 1, "do": "forget", "name": "mine"}')
            assert b"Only the one who started" in socket.receive_bytes()
    assert answer.status_code == 403
    sentence(answer.text)


BODIES = {
    "nothing": b"",
    "a list": b"[]",
    "half a brace": b"{",
    "bytes of no text": b"\xff",
    "an object for a name": b'{"export": {}}',
    "a path": b'{"export": "../../etc/passwd"}',
    "Python's": b'{"export": "__class__"}',
    "a script": b'{"export": "<script>"}',
    "100,000 letters": b"x" * 100_000,
    "deeper than Python goes": b"[" * 1_900,
    "half a character": b'{"export": "\\ud800"}',
    "the same key twice": b'{"export":1,"export":2}',
}


@pytest.mark.parametrize("case", BODIES)
def test_no_wish_that_is_none_makes_a_file(client, hosted, tmp_path, case):
    with watched(tmp_path):
        answer = client.post(f"{PREFIX}/takeout/{hosted.view_id}", content=BODIES[case])
    assert (answer.status_code, answer.text) == (404, "there is no such file")


def test_an_owners_key_is_told_to_nobody(client, hosted):
    for method, path in routes_of(hosted.view_id)[:4]:
        answer = client.request(method, path, headers=as_visitor(BERT))
        assert ANNA not in answer.text and str(hosted.directory.path.parent) not in answer.text


def test_a_thumbnail_of_one_page_is_no_way_to_another(client):
    name = thumbnails.keep(b"hers")
    for guess in (name[:-1], name.upper(), f"{name}0", f"{name}/..", "0" * 32):
        assert client.get(f"{PREFIX}/thumbnail/{guess}").status_code == 404


# -- how often -------------------------------------------------------------------------------------


def test_who_brings_too_often_is_told_to_wait_and_nobody_else(client):
    said = [
        client.post(f"{PREFIX}/bring", content=b"", headers=as_visitor("hasty")) for _ in range(12)
    ]
    assert [answer.status_code for answer in said] == [400] * 10 + [429] * 2
    assert said[-1].text == TOO_OFTEN
    sentence(said[-1].text)
    assert (
        client.post(f"{PREFIX}/bring", content=b"", headers=as_visitor("calm")).status_code == 400
    )


def test_who_wishes_too_often_is_told_to_wait(client, hosted):
    path = f"{PREFIX}/takeout/{hosted.view_id}"
    codes = [client.delete(path).status_code for _ in range(40)]
    assert codes[-1] == 429 and 200 in codes
    assert client.get(path).status_code == 200, "whoever only looks may look"


def test_a_body_larger_than_any_run_is_refused_by_what_it_says(client):
    with in_time():
        answer = client.post(
            f"{PREFIX}/bring", content=b"", headers=as_visitor("big") | {"content-length": "9" * 30}
        )
    assert answer.status_code == 400 and "More than 1024 MB" in answer.text


def test_a_body_that_never_ends_holds_no_place_for_long(client, monkeypatch):
    monkeypatch.setattr(limits, "PATIENCE", 0.2)
    go = threading.Event()

    def slowly():
        yield b"PK"
        go.wait(3)
        yield b"\3\4"

    monkeypatch.setattr(limits, "SLOWEST", 1 << 20)
    answer = client.post(f"{PREFIX}/bring", content=slowly(), headers=as_visitor("slow"))
    go.set()
    assert answer.status_code == 400 and "too slowly" in answer.text
    sentence(answer.text)
