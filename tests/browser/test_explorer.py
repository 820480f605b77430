"""Where somebody is in latent space, on an empty page with a socket that the test speaks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page

from gan_lab.server import PREFIX
from gan_lab.server.assets import version

if TYPE_CHECKING:
    from tests.browser.conftest import Server


# explorer.js with a socket that notes what is sent; picture(header) is a picture that came
PREPARE = """async (where) => {
  window.sent = [];
  window.WebSocket = class {
    static OPEN = 1;
    constructor() {
      this.readyState = 1;
      window.line = this;
      setTimeout(() => this.onopen());
    }
    send(message) {
      sent.push(typeof message === "string" ? JSON.parse(message) : [...new Float32Array(message)]);
    }
    close() {}
  };
  const { Explorer } = await import(where);
  window.explorer = new Explorer({ socket: "/nowhere", dim: 2, reach: 3 });
  explorer.on("picture", () => explorer.seen());
  const paused = { kind: "latent", state: "paused", step: 1 };
  window.picture = (header) => explorer.hear({ ...paused, ...header });
  while (!sent.length) await new Promise((go) => setTimeout(go));
}"""
DRAW = {"random": True, "seed": 42}


@pytest.fixture
def explorer(page: Page, server: Server) -> Page:
    """A page whose ``explorer`` waits for the first z that the server draws."""
    page.goto(f"{server.url}/_stcore/health")
    page.evaluate(PREPARE, f"{PREFIX}/{version()}/explorer.js")
    return page


def done(page: Page, script: str) -> list[Any]:
    """What is sent because of it."""
    return page.evaluate(f"() => {{ sent.length = 0; {script}; return sent; }}")


def test_who_asks_what_another_tool_still_waits_for_lets_it_know(explorer: Page) -> None:
    told = explorer.evaluate(
        """() => {
          const told = [];
          const ask = (name, who) => explorer.ask(name, {}, {
            onAnswer: () => {}, onError: () => told.push(`${who} failed`),
            onReplaced: (text) => told.push(`${who}: ${text}`),
          });
          ask("reel", "paths");
          ask("stops", "map");
          ask("reel", "ages");
          explorer.close();
          return told;
        }"""
    )
    assert told == ["paths: Another tool asked the same meanwhile; please try again."]


def test_who_asks_while_there_is_no_line_hears_of_it_after_having_asked(explorer: Page) -> None:
    told = explorer.evaluate(
        """async () => {
          line.readyState = 3;
          const told = [];
          explorer.ask("stops", {}, { onError: (text) => told.push(text) });
          told.push("asked");
          explorer.ask("reel", {}, { onError: () => told.push("given up, and told") }).cancel();
          await new Promise((go) => setTimeout(go, 20));
          return told;
        }"""
    )
    assert told == ["asked", "There is no connection just now; please try again."]


def test_who_chooses_a_class_while_a_draw_is_under_way_gets_that_draw(explorer: Page) -> None:
    page = explorer
    page.evaluate("picture({ z: [0, 0], seed: 1, classes: ['cat', 'dog'] })")
    assert done(page, "explorer.random({ seed: 42 })") == [DRAW | {"label": 0}]
    assert done(page, "explorer.choose(1)") == []
    assert done(page, "picture({ z: [1, 2], seed: 42 })") == [DRAW | {"label": 1}]
    assert done(page, "picture({ z: [1, 2], seed: 42 })") == []
    assert page.evaluate("[...explorer.z, explorer.label, explorer.seed]") == [1, 2, 1, 42]
    assert done(page, "explorer.choose(0)") == [[1, 2, 0]]


def test_a_z_that_is_drawn_is_shown_as_the_tool_that_is_open_shows_pictures(explorer: Page) -> None:
    page = explorer
    page.evaluate("picture({ z: [0, 0], seed: 1 })")
    assert done(page, "explorer.random({ seed: 42 })") == [DRAW]
    assert done(page, "explorer.through('turned', { turned: [] })") == []
    (question,) = done(page, "picture({ z: [1, 2], seed: 42 })")
    assert (question["ask"], question["z"]) == ("turned", [1, 2])
    assert page.evaluate("explorer.seed") == 42
    page.evaluate(f"explorer.hear({{ id: {question['id']}, done: true, step: 1 }})")
    assert done(page, "explorer.random({ seed: 42 })") == [DRAW]  # also while it is open
    (question,) = done(page, "picture({ z: [3, 4], seed: 42 })")
    assert (question["ask"], question["z"]) == ("turned", [3, 4])


def test_a_draw_outlives_a_line_that_breaks(explorer: Page) -> None:
    page = explorer
    page.evaluate("picture({ z: [0, 0], seed: 1 })")
    assert done(page, "explorer.random({ seed: 42 })") == [DRAW]
    assert done(page, "line.onclose({ code: 1006 })") == []
    page.wait_for_function("() => sent.length")
    assert page.evaluate("sent") == [DRAW]


def test_what_the_picture_is_of_is_known_while_one_moves(explorer: Page) -> None:
    page = explorer
    of = "[...explorer.pictured.z, explorer.pictured.step]"
    assert page.evaluate("explorer.pictured") is None
    page.evaluate("picture({ z: [0, 0], seed: 1 })")
    page.evaluate("explorer.go([1, 0])")
    page.evaluate("explorer.go([2, 0])")
    assert page.evaluate(of) == [0, 0, 1]
    page.evaluate("picture({ step: 7 })")
    assert page.evaluate(of) == [1, 0, 7]
    page.evaluate("picture({ step: 8 })")
    assert page.evaluate(of) == [2, 0, 8]
