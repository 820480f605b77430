"""A run as one zip, and brought in again: the same run, to the bit; or refused as a whole."""

import io
import json
import os
import pickle
import tempfile
import zipfile
from pathlib import Path

import pytest
import torch

from gan_lab.export import EXPORTS, ExportError, bring
from gan_lab.runs import Budget, open_generators
from gan_lab.runs.film import Film
from gan_lab.runs.journal import Journal


@pytest.fixture
def packed(ended, tmp_path):
    directory = ended()
    out = tmp_path / "out" / "run.zip"
    told = EXPORTS["bundle"].write(directory, out)
    assert told.startswith("the whole run, ") and [p.name for p in out.parent.iterdir()] == [
        out.name
    ]
    return directory, out


def _state(directory):
    return directory.read_checkpoint()


def test_a_run_comes_back_as_it_was(packed, tmp_path, differences):
    directory, out = packed
    brought = bring(out, tmp_path / "elsewhere")
    assert brought.path == tmp_path / "elsewhere" / "run"
    assert differences(_state(brought), _state(directory)) == []
    assert brought.read_config() == directory.read_config()
    for name in ("ledger.jsonl", "history/readings.f32", "summary.json"):
        assert (brought.path / name).read_bytes() == (directory.path / name).read_bytes()
    films = [Film(d.path / "film").open().shots for d in (brought, directory)]
    assert films[0] == films[1] and films[0]
    assert Journal(brought.path).measured() == Journal(directory.path).measured()
    models = [open_generators(d).model for d in (brought, directory)]
    z = models[0].draw(9, seed=5)
    assert torch.equal(models[0].images(z), models[1].images(z))


def test_it_goes_on_bit_for_bit(packed, tmp_path, begin, differences):
    directory, out = packed
    brought = bring(out, tmp_path / "elsewhere")
    ends = []
    for name in (directory.path.name, str(brought.path.relative_to(tmp_path))):
        run = begin(directory.read_config(), name, budget=Budget(steps=10), resume=True)
        assert run.join(60)
        ends.append(_state(run.directory))
    for end in ends:
        end.pop("seconds", None)  # by the clock
    assert ends[0]["steps"] == 10 and differences(ends[0], ends[1]) == []


def test_a_taken_name_gets_a_tail(packed, tmp_path):
    _, out = packed
    root = tmp_path / "elsewhere"
    first, second = bring(out, root), bring(out, root)
    assert first.path.name == "run" and second.path.name.startswith("run-")
    assert sorted(p.name for p in root.iterdir()) == sorted([first.path.name, second.path.name])


def test_the_same_run_is_the_same_bytes(packed, tmp_path):
    directory, out = packed
    EXPORTS["bundle"].write(directory, tmp_path / "again.zip")
    with zipfile.ZipFile(out) as a, zipfile.ZipFile(tmp_path / "again.zip") as b:
        assert a.namelist() == b.namelist()
        names = [name for name in a.namelist() if name.startswith("run/")]
        assert all(a.read(name) == b.read(name) for name in names)
    assert not any("owner" in name or "undo" in name for name in names)


def test_whoever_cancels_leaves_nothing(packed, tmp_path):
    directory, _ = packed

    def enough(share, words):
        if share > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        EXPORTS["bundle"].write(directory, tmp_path / "half" / "run.zip", enough)
    assert list((tmp_path / "half").iterdir()) == []


def test_a_checkpoint_alone_is_a_run_too(packed, tmp_path):
    directory, _ = packed
    out = tmp_path / "kept.pt"
    out.write_bytes(directory.checkpoint_files()[-1].read_bytes())
    brought = bring(out, tmp_path / "elsewhere")
    assert brought.path.name == "kept-checkpoint"
    models = [open_generators(d).model for d in (brought, directory)]
    z = models[0].draw(4)
    assert torch.equal(models[0].images(z), models[1].images(z))


# -- refused ---------------------------------------------------------------------------------------


def changed(source, out, replace=None, add=None, drop=(), digests=True):
    """The zip with other content, its list brought up to date as a clever stranger would."""
    import hashlib

    replace = replace or {}
    with zipfile.ZipFile(source) as old:
        content = {name: old.read(name) for name in old.namelist() if name not in drop}
    content |= replace
    told = json.loads(content.pop("bundle.json"))
    told["files"] = {n: f for n, f in told["files"].items() if f"run/{n}" in content}
    for name, data in content.items() if digests else ():
        if name.startswith("run/"):
            digest = hashlib.sha256(data).hexdigest()
            told["files"][name[4:]] = {"size": len(data), "sha256": digest}
    with zipfile.ZipFile(out, "w") as new:
        for name, data in content.items():
            new.writestr(name, data)
        new.writestr("bundle.json", json.dumps(told))
        for name, data in (add or {}).items():
            new.writestr(name, data)
    return out


WAS_HERE = Path(tempfile.gettempdir()) / "ganlab-was-here"


class Evil:
    def __reduce__(self):
        return (os.system, (f"touch {WAS_HERE}",))


def _torch(thing):
    buffer = io.BytesIO()
    torch.save(thing, buffer)
    return buffer.getvalue()


NEWEST = "run/checkpoints/000000006.pt"


def put(name, data):
    return {"replace": {f"run/{name}": data}}


def add(name):
    return {"add": {name: b"{}"}}


def states(thing):
    return {"replace": {NEWEST: _torch(thing)}}


ALL = tuple(f"run/checkpoints/{step:09d}.pt" for step in (0, 2, 4, 6))
HOSTILE = {
    "another digest": (
        put("ledger.jsonl", b'{"step": 1, "path": "x"}\n') | {"digests": False},
        "ledger.jsonl is not as large",
    ),
    "a name above": (add("run/../../evil.json"), "leads out of its folder"),
    "an absolute name": (add("/evil.json"), "absolute path"),
    "a file of another kind": (add("run/evil.py"), "what no run has: run/evil.py"),
    "a file beside": (add("setup.py"), "what no run has: setup.py"),
    "an owner": (add("run/owner.json"), "what no run has"),
    "an archive within": (add("run/more.zip"), "archive within"),
    "a missing file": ({"drop": ("run/config.json",)}, "config.json"),
    "no checkpoints": ({"drop": ALL}, "has no checkpoint"),
    "a pickle in a checkpoint": (states({"format": 2, "x": Evil()}), "no checkpoint of ours"),
    "a checkpoint of another kind": (states({"format": 2, "steps": 6}), "no checkpoint of ours"),
    "noise for a checkpoint": ({"replace": {NEWEST: bytes(500)}}, "no checkpoint of ours"),
    "config that is none": (put("config.json", b"[1]"), "config.json"),
    "an unknown key": (put("config.json", b'{"evil": 1}'), "config.json"),
    "a deep ledger": (put("ledger.jsonl", b"[" * 100_000), "ledger.jsonl"),
    "another ledger": (put("ledger.jsonl", b'{"evil": 1}\n'), "ledger.jsonl"),
    "curves cut off": (
        put("history/readings.f32", b'{"columns": ["a", "b"]}\n1234'), "readings.f32",
    ),
    "curves without names": (put("history/readings.f32", b'{"columns": []}\n'), "readings.f32"),
    "a sample that is a script": (put("samples/000000000.png", b"<script>"), "000000000.png"),
    "a film of noise": (put("film/000000000.film", b"abc"), "film"),
    "measures that are none": (put("measures.jsonl", b'{"a": 1}\n'), "measures.jsonl"),
    "a list for labels": (put("labels.json", b"[]"), "labels.json"),
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_zip_is_refused_and_leaves_nothing(packed, tmp_path, case):
    _, out = packed
    options, words = HOSTILE[case]
    bad = changed(out, tmp_path / "bad.zip", **options)
    before = {p for p in tmp_path.rglob("*") if "elsewhere" not in p.parts}
    with pytest.raises(ExportError) as refusal:
        bring(bad, tmp_path / "elsewhere")
    said = str(refusal.value)
    assert words in said and "\n" not in said and str(tmp_path) not in said
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert {p for p in tmp_path.rglob("*") if "elsewhere" not in p.parts} == before
    assert not WAS_HERE.exists()


def test_other_files_are_refused(packed, tmp_path):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(Evil()))
    (tmp_path / "b.zip").write_bytes(b"hello")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("a.png", b"")
    (tmp_path / "d.pt").write_bytes(_torch({"x": Evil()}))
    for name, words in [
        ("a.pkl", "is a pickle"),
        ("b.zip", "not the zip of a run: it is no zip"),
        ("c.zip", "it has no bundle.json"),
        ("d.pt", "no checkpoint of ours"),
    ]:
        with pytest.raises(ExportError, match=words):
            bring(tmp_path / name, tmp_path / "elsewhere")
    assert not WAS_HERE.exists()


def test_weights_of_another_size_are_refused_before_anything_is_built(packed, tmp_path):
    directory, out = packed
    state = _state(directory)
    config = json.loads(state["config"])
    config["networks"]["g"]["width"] = 256
    state["config"] = json.dumps(config)
    from gan_lab.training import checkpoints

    checkpoints.save(state, tmp_path / "wide.pt")
    bad = changed(out, tmp_path / "bad.zip", {NEWEST: (tmp_path / "wide.pt").read_bytes()})
    with pytest.raises(ExportError, match="do not fit the configuration"):
        bring(bad, tmp_path / "elsewhere")


@pytest.mark.parametrize(
    "name", ["cgan", "plane-ring", "progressive-small", "cyclegan-small", "srgan-small"]
)
def test_every_kind_of_game_travels(ended, tmp_path, name, differences):
    directory = ended(preset=name)
    EXPORTS["bundle"].write(directory, tmp_path / "run.zip")
    brought = bring(tmp_path / "run.zip", tmp_path / "elsewhere")
    assert differences(_state(brought), _state(directory)) == []
