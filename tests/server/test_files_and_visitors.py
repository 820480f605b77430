"""Files for the browser, and the cookie that says who is who."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from gan_lab.runs import Registry
from gan_lab.server import COOKIE, PREFIX, VisitorCookie, hub, routes
from gan_lab.server.assets import COMPONENTS, version

HTML = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def files() -> TestClient:
    return TestClient(Starlette(routes=routes(Registry())))


def test_plotly_comes_from_the_installed_package_and_stays_in_the_browser(
    files: TestClient,
) -> None:
    answer = files.get(f"{PREFIX}/{version()}/plotly.js")
    assert answer.status_code == 200
    assert len(answer.content) > 1_000_000
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("path", sorted(p.name for p in COMPONENTS.glob("*.js")))
def test_every_component_file_is_served(files: TestClient, path: str) -> None:
    answer = files.get(f"{PREFIX}/{version()}/{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")


def test_another_version_is_not_kept(files: TestClient) -> None:
    assert files.get(f"{PREFIX}/old/wire.js").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["live.css", "none.js", "..%2Ficon.svg", "%2e%2e%2fx.js"])
def test_no_other_file_is_served(files: TestClient, path: str) -> None:
    assert files.get(f"{PREFIX}/{version()}/{path}").status_code == 404


def test_routes_follow_the_base_path() -> None:
    below = TestClient(Starlette(routes=routes(Registry(), "/play/")))
    assert below.get(f"/play{PREFIX}/{version()}/wire.js").status_code == 200
    assert below.get(f"{PREFIX}/{version()}/wire.js").status_code == 404


def page(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


@pytest.fixture
def visitors() -> Starlette:
    return Starlette(routes=[Route("/", page)], middleware=[Middleware(VisitorCookie)])


def test_a_visitor_gets_one_cookie_that_no_script_can_read(visitors: Starlette) -> None:
    client = TestClient(visitors)
    given = client.get("/", headers=HTML).headers["set-cookie"]
    assert given.startswith(f"{COOKIE}=")
    assert "HttpOnly" in given
    assert "SameSite=Lax" in given
    assert "Secure" not in given
    assert "set-cookie" not in client.get("/", headers=HTML).headers


def test_visitors_differ(visitors: Starlette) -> None:
    first, second = TestClient(visitors), TestClient(visitors)
    first.get("/", headers=HTML)
    second.get("/", headers=HTML)
    assert first.cookies[COOKIE] != second.cookies[COOKIE]


def test_the_cookie_stays_on_https(visitors: Starlette) -> None:
    client = TestClient(visitors, base_url="https://testserver")
    assert "Secure" in client.get("/", headers=HTML).headers["set-cookie"]


def test_parts_of_a_page_bring_no_cookie(visitors: Starlette) -> None:
    assert "set-cookie" not in TestClient(visitors).get("/", headers={"accept": "*/*"}).headers


@pytest.mark.parametrize(("text", "seconds"), [("", 60.0), ("5", 5.0), ("-1", 0.0), ("soon", 60.0)])
def test_grace_from_the_environment(text: str, seconds: float) -> None:
    assert hub._grace(text) == seconds


def test_warming_leaves_no_run_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GANLAB_RUNS", str(tmp_path))
    hub.warm()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("scheme", "headers", "secure"),
    [
        ("http", {}, False),
        ("https", {}, True),
        ("http", {"x-forwarded-proto": "https"}, True),
        ("http", {"x-forwarded-proto": "HTTPS, http"}, True),
        ("http", {"x-forwarded-proto": "http, https"}, False),
        ("http", {"forwarded": 'for=1.2.3.4;proto="https";by=x, for=2'}, True),
        ("http", {"forwarded": "for=1.2.3.4;proto=http"}, False),
    ],
)
def test_the_cookie_is_secure_behind_an_encrypting_proxy(scheme, headers, secure) -> None:
    app = Starlette(
        routes=[Route("/", lambda _: PlainTextResponse("page"))],
        middleware=[Middleware(VisitorCookie)],
    )
    client = TestClient(app, base_url=f"{scheme}://testserver")
    cookie = client.get("/", headers={"accept": "text/html"} | headers).headers["set-cookie"]
    assert ("; Secure" in cookie) is secure
