"""Runs that are brought: what is sent is one, or is refused in a sentence and leaves nothing."""

from __future__ import annotations

import contextlib
import importlib
import os
import tempfile
from dataclasses import asdict

import pytest

from gan_lab.export import EXPORTS, ExportError
from gan_lab.runs import RunDirectory
from gan_lab.sandbox import Limits
from gan_lab.server import PREFIX
from tests.patience import WAIT

from .conftest import as_visitor
from .harness import sentence, tree, watched
from .runs import BUNDLES, FILES, NEWEST, Run

imports = importlib.import_module("gan_lab.export.bring")  # the function of that name hides it


@pytest.fixture(scope="module")
def run(trained, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packed")
    EXPORTS["bundle"].write(RunDirectory(trained), folder / "run.zip")
    return Run(folder / "run.zip", folder)


@pytest.fixture
def bring(client, tmp_path, monkeypatch):
    """Send a body to the route as a visitor of its own; what must not change did not."""
    root, scratch = tmp_path / "runs", tmp_path / "scratch"
    for folder in (root, scratch):
        folder.mkdir(exist_ok=True)
    (root / "neighbour").mkdir()
    (root / "neighbour" / "config.json").write_text("{}", "utf-8")
    monkeypatch.setenv("GANLAB_RUNS", str(root))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    def send(body, **query):
        imports._POOL.call(os.getpid, limits=Limits(wall_seconds=WAIT))  # a worker is ready
        before, who = tree(tmp_path), as_visitor(tmp_path.name)
        with watched(root, scratch):
            answer = client.post(f"{PREFIX}/bring", params=query, content=body, headers=who)
        if answer.status_code != 200:
            assert tree(tmp_path) == before, "something was left"
            sentence(answer.text, hidden=[tmp_path])
        return answer

    return send


@pytest.mark.parametrize("case", [*BUNDLES, *(f"file: {name}" for name in FILES)])
def test_what_is_no_run_is_refused_and_leaves_nothing(bring, run, case):
    make, words = FILES[case[6:]] if case.startswith("file: ") else BUNDLES[case]
    answer = bring(make(run))
    assert answer.status_code == 400
    assert words.lower() in answer.text.lower()


@pytest.mark.parametrize("case", [*BUNDLES, *(f"file: {name}" for name in FILES)])
def test_what_its_worker_does_and_takes_is_bounded(run, tmp_path, case):
    """Of the work that the server hands to a worker process, done in this one."""
    make, _ = FILES[case[6:]] if case.startswith("file: ") else BUNDLES[case]
    source, place = tmp_path / "sent.zip", tmp_path / "place"
    source.write_bytes(make(run))
    place.mkdir()
    with watched(place), contextlib.suppress(ExportError):
        imports.unpack(str(source), str(place), "sent", asdict(imports.LIMITS))
        raise AssertionError("it was taken")


def test_a_good_run_is_taken(bring, run):
    assert bring(run.source.read_bytes()).status_code == 200


@pytest.mark.parametrize(
    "name", ["../../evil", ".own", "/etc", "a/b", "x" * 300, "CON", "\0", 7, None]
)
def test_no_name_that_a_run_gives_itself_leads_anywhere(bring, run, tmp_path, name):
    assert bring(run.changed(told={"name": name}), name=str(name)).status_code == 200
    (made,) = [
        path for path in (tmp_path / "runs").iterdir() if path.is_dir() and path.name != "neighbour"
    ]
    assert not made.name.startswith(".") and len(made.name) <= 200


@pytest.mark.parametrize(
    "name", ["../../evil.pt", ".own", "/etc/a.pt", "x" * 300, "a\0b", "\u202e"]
)
def test_no_name_of_a_file_leads_anywhere(bring, run, tmp_path, name):
    assert bring(run.content[NEWEST], name=name).status_code == 200
    (made,) = list((tmp_path / "runs").glob("*checkpoint"))
    assert made.parent == tmp_path / "runs" and not made.name.startswith(".")
