"""Questions of the latent page by name, on an empty page with a socket that answers nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import Page

from gan_lab.server import PREFIX
from gan_lab.server.assets import version

if TYPE_CHECKING:
    from tests.browser.conftest import Server


def test_who_asks_what_another_tool_still_waits_for_lets_it_know(
    page: Page, server: Server
) -> None:
    page.goto(f"{server.url}/_stcore/health")
    where = f"{PREFIX}/{version()}/explorer.js"
    told = page.evaluate(
        """async (where) => {
          window.WebSocket = class {
            static OPEN = 1;
            constructor() { this.readyState = 1; setTimeout(() => this.onopen()); }
            send() {}
            close() {}
          };
          const { Explorer } = await import(where);
          const explorer = new Explorer({ socket: "/nowhere", dim: 2, reach: 3 });
          await new Promise((go) => setTimeout(go, 50));
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
        }""",
        where,
    )
    assert told == ["paths: Another tool asked the same meanwhile; please try again."]
