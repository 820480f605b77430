"""Pages as visitors have them open, and what the coach shows on each, second by second."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from clinic_visit_cases import FACES, Turn, Visit
from clinic_visit_scores import alarms
from playwright.sync_api import Browser, Page
from stage import button, chromium, server

from gan_lab.data import data_root
from gan_lab.share import Link, View, encode

EVERY = 1.0  # s between two samples
CALM = 25.0  # s of training before a visitor turns a knob
PATIENCE = 180.0  # s that a page may take; a busy machine is slow
LONGEST = 90.0  # s that the rounds before a turn may take
_ZIP = "orl-faces.zip"

# It does not outlive a benchmark that was killed.
_SPIN = """
import os
parent = os.getppid()
while os.getppid() == parent:
    sum(range(100_000))
"""

# Keeps what the server sends about the coach: the page shows the findings only if it is unfolded.
_LISTEN = """(() => {
  const words = new TextDecoder();
  window.__checkup = null;
  window.WebSocket = class extends WebSocket {
    constructor(...how) {
      super(...how);
      this.addEventListener("message", ({ data }) => {
        if (!(data instanceof ArrayBuffer) || data.byteLength < 24) return;
        if (words.decode(new Uint8Array(data, 4, 18)) !== '{"kind": "checkup"') return;
        const length = new DataView(data).getUint32(0, true);
        window.__checkup = JSON.parse(words.decode(new Uint8Array(data, 4, length)));
      });
    }
  };
})()"""

_SAMPLE = """() => {
  const word = document.querySelector(".gl-condition");
  const health = window.__checkup?.health ?? null;
  return {
    step: window.__ganlab?.step ?? 0,
    state: window.__ganlab?.state ?? "",
    seen: document.visibilityState === "visible" && Boolean(word?.checkVisibility()),
    condition: word?.dataset.condition ?? "",
    line: document.querySelector(".gl-says")?.textContent ?? "",
    sent: health?.condition ?? "starting",
    looked: health?.step ?? 0,
    findings: (health?.findings ?? []).map((one) => ({
      rule: one.rule, weight: one.weight, sure: one.sure, since: one.since, title: one.title,
      seen: one.seen, advice: one.advice.map(({ changes }) => changes),
    })),
  };
}"""


class Trouble(RuntimeError):
    """A visit that cannot be measured, in one line."""


@dataclass
class Watch:
    """One visitor's page.

    Attributes:
        run: folder of the run.
        began: clock at the first trained image.
        samples: what the page showed, with ``at``: seconds since then.
        pressed: seconds since then at which the knob was turned; None before.
        pictured: whether there is a picture of its first alarm.
    """

    visit: Visit
    seed: int
    page: Page
    run: Path
    began: float = 0.0
    samples: list[dict[str, Any]] = field(default_factory=list)
    pressed: float | None = None
    pictured: bool = False

    def now(self) -> float:
        return time.monotonic() - self.began

    def sample(self) -> dict[str, Any]:
        """Note what is shown now."""
        at = round(self.now(), 2)
        self.samples.append({"at": at} | self.page.evaluate(_SAMPLE))
        return self.samples[-1]

    @property
    def over(self) -> bool:
        """Whether the run trains no more."""
        return self.samples[-1]["state"] not in ("running", "paused", "loading")

    @property
    def due(self) -> bool:
        """Whether the visitor turns the knob now."""
        calm = self.samples[-1]["at"] >= CALM and self.samples[-1]["step"] >= self.visit.rounds
        return (
            self.visit.turn is not None
            and self.pressed is None
            and (calm or self.samples[-1]["at"] >= LONGEST)
        )

    def turn(self, turn: Turn) -> None:
        """Turn the knob as a visitor does."""
        self.pressed = round(self.now(), 2)
        role = "spinbutton" if turn.text else "slider"
        widget = self.page.get_by_role(role, name=turn.label).first
        if turn.text:
            widget.fill(turn.text)
            widget.press("Enter")
            return
        widget.focus()
        for key in turn.keys:
            self.page.keyboard.press(key)

    def stop(self) -> str:
        """End the run; in which state it is then."""
        if not self.over:
            button(self.page, "Stop")
            self.page.wait_for_function(
                "() => !['running', 'paused', 'loading'].includes(window.__ganlab.state)"
            )
        return self.page.evaluate("window.__ganlab.state")


# -- a server for some visitors ----------------------------------------------------------------


@contextlib.contextmanager
def stage(folder: Path) -> Iterator[tuple[Browser, str, Path]]:
    """A browser, and a server with data, runs and a cache of its own: its address, its runs."""
    data, runs = folder / "data", folder / "runs"
    data.mkdir(parents=True)
    for entry in data_root().glob("*"):
        if entry.name != "own":
            (data / entry.name).symlink_to(entry.resolve())
    places = {"GANLAB_RUNS": str(runs), "GANLAB_DATA": str(data),
              "GANLAB_CACHE": str(folder / "cache"), "GANLAB_GRACE": "600"}  # fmt: skip
    with chromium() as browser, server(places) as (url, _):
        yield browser, url, runs


def arrive(
    browser: Browser, url: str, runs: Path, visits: Sequence[tuple[Visit, int]]
) -> list[Watch]:
    """Visitors open pages of their own and start their runs, one after the other; those who came
    first watch meanwhile.

    Args:
        visits: runs and seeds.

    Raises:
        Trouble: the data are not here, or no image comes.
    """
    pages = [_prepared(browser, url, runs.parent, *one) for one in visits]
    watches: list[Watch] = []
    for (visit, seed), page in zip(visits, pages, strict=True):
        before, deadline = _runs(runs), time.monotonic() + PATIENCE
        _begin(page, url, visit, seed)
        while not page.evaluate("window.__ganlab?.pictureStep >= 1"):
            if time.monotonic() > deadline:
                raise Trouble(f"{visit.name} showed no image within {PATIENCE:g} s")
            for one in watches:
                one.sample()
            page.wait_for_timeout(500)
        (run,) = _runs(runs) - before
        watches.append(Watch(visit, seed, page, run, time.monotonic()))
    return watches


def _prepared(browser: Browser, url: str, folder: Path, visit: Visit, seed: int) -> Page:
    """A page of a new visitor, with the images of the visitor's own on the server."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(1000 * PATIENCE)
    context.add_init_script(_LISTEN)
    page = context.new_page()
    if visit.faces:
        _bring(page, url, folder / "some-faces.zip", seed)
    return page


def _begin(page: Page, url: str, visit: Visit, seed: int) -> None:
    """By the button Start, or by a link that begins by itself."""
    if visit.faces:
        button(page, "Start")
        return
    sections = () if visit.turn is None else (visit.turn.section,)
    view = View(unfolded=tuple(filter(None, sections)))
    link = Link(visit.preset, visit.config(seed), starts=True, view=view)
    page.goto(f"{url}/?share={encode(link)}", wait_until="domcontentloaded")


def _runs(folder: Path) -> set[Path]:
    return {path for path in folder.glob("*") if (path / "config.json").exists()}


def _bring(page: Page, url: str, file: Path, seed: int) -> None:
    """Upload some faces and train on them, with the preset that the page begins with: Quick."""
    if not file.exists():
        some_faces(file)
    page.goto(f"{url}/data")
    page.get_by_text("Your own pictures").first.click()
    page.locator("input[type=file]").first.set_input_files(file)
    page.get_by_text(f"{FACES} pictures").first.wait_for()
    button(page, "Train on this")
    box = page.get_by_role("spinbutton", name="Seed")
    box.fill(str(seed))
    box.press("Enter")
    page.get_by_text("Back to the preset's knobs").first.wait_for()  # the server has the seed


def some_faces(file: Path) -> None:
    """A zip of the first images of the ORL faces. Raises Trouble if those are not here."""
    whole = data_root() / _ZIP
    if not whole.exists():
        raise Trouble(f"{_ZIP} is not in {data_root()}")
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(file, "w") as target:
        names = sorted(name for name in source.namelist() if name.endswith(".pgm"))
        for number, name in enumerate(names[:FACES]):
            target.writestr(f"{number:03}.pgm", source.read(name))


# -- watching ----------------------------------------------------------------------------------


def watch(
    watches: Sequence[Watch],
    seconds: float,
    neighbour: Neighbour | None = None,
    pictures: Path | None = None,
) -> None:
    """Sample all pages until each has been open for so long; turn the knobs on the way.

    Args:
        neighbour: keeps the second core busy while fewer than two runs train; None for none.
        pictures: folder for a picture of each page at its first alarm; None for none.
    """
    while any(not one.samples or one.samples[-1]["at"] < seconds for one in watches):
        begun = time.monotonic()
        for one in watches:
            shown = one.sample()
            if pictures is not None and alarms(shown) and not one.pictured:
                one.pictured = True
                one.page.screenshot(path=pictures / f"{one.visit.name}-{one.seed}.png")
            if one.due and one.visit.turn is not None:
                one.turn(one.visit.turn)
        if neighbour is not None:
            neighbour.work(sum(not one.over for one in watches) < 2)
        left = EVERY - (time.monotonic() - begun)
        if left > 0:
            watches[0].page.wait_for_timeout(1000 * left)  # the browser's messages are read on


class Neighbour:
    """A process that computes without end, while it is wanted."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.work(False)

    def work(self, wanted: bool) -> None:
        """Begin, or end, if that is not so already."""
        if wanted and self._process is None:
            self._process = subprocess.Popen([sys.executable, "-c", _SPIN])
        elif not wanted and self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
