"""Hostile files for the place where visitors bring runs; each under a name that says what is wrong
with it, with words of the sentence that is due."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from gan_lab.export.weights import FORMAT, MAKER
from gan_lab.runs.film import _tag
from gan_lab.training import checkpoints
from tests.archives.checkpoints import LAYOUTS, Made, Storage, digested, of_pickle, pickled
from tests.archives.zipping import one, raw_zip, zipped

from .uploads import GOOD, beside, many_lies, overlapping, sixty_four

NEWEST = "run/checkpoints/000000006.pt"
ALL = tuple(f"run/checkpoints/{step:09d}.pt" for step in (0, 2, 4, 6))
MIB = 1 << 20


class Run:
    """The zip of a good run, from which bad ones are made."""

    def __init__(self, source: Path, scratch: Path) -> None:
        self.source, self.scratch = source, scratch
        with zipfile.ZipFile(source) as whole:
            self.content = {name: whole.read(name) for name in whole.namelist()}

    def changed(
        self,
        replace: Mapping[str, bytes] | None = None,
        add: Mapping[str, bytes] | None = None,
        drop: Iterable[str] = (),
        told: Mapping[str, Any] | None = None,
        *,
        digests: bool = True,
    ) -> bytes:
        """With other content, its list brought up to date as a clever stranger would."""
        content = {n: d for n, d in self.content.items() if n not in drop} | dict(replace or {})
        manifest = json.loads(content.pop("bundle.json"))
        manifest["files"] = {n: f for n, f in manifest["files"].items() if f"run/{n}" in content}
        for name, data in content.items() if digests else ():
            if name.startswith("run/"):
                digest = hashlib.sha256(data).hexdigest()
                manifest["files"][name[4:]] = {"size": len(data), "sha256": digest}
        manifest |= told or {}
        return zipped(
            [*content.items(), ("bundle.json", json.dumps(manifest)), *(add or {}).items()],
            zipfile.ZIP_STORED,
        )

    def put(self, name: str, data: bytes) -> bytes:
        return self.changed({f"run/{name}": data})

    def state(self, change: Callable[[dict[str, Any]], object]) -> bytes:
        """The newest checkpoint, changed, with a digest that is right."""
        path = self.scratch / "state.pt"
        path.write_bytes(self.content[NEWEST])
        state = checkpoints.load(path)
        change(state)
        checkpoints.save(state, path)
        return path.read_bytes()

    def with_state(self, change: Callable[[dict[str, Any]], object]) -> bytes:
        return self.changed({NEWEST: self.state(change)})

    def config(self, **sections: Mapping[str, Any]) -> bytes:
        """Another experiment in the newest checkpoint, whose weights stay as they are."""

        def change(state: dict[str, Any]) -> None:
            config = json.loads(state["config"])
            for section, fields in sections.items():
                merged(config[section], fields)
            state["config"] = json.dumps(config)

        return self.with_state(change)


def merged(tree: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if isinstance(value, Mapping):
            merged(tree[name], value)
        else:
            tree[name] = value


def saved(thing: object) -> bytes:
    buffer = io.BytesIO()
    torch.save(thing, buffer)
    return buffer.getvalue()


class Evil:
    """Starts a program as soon as it is unpickled."""

    def __reduce__(self):
        return (os.system, ("true",))


class Zeros:
    """Ten bytes of a pickle that are a gigabyte in memory."""

    def __reduce__(self):
        return (bytearray, (1 << 30,))


def unpickled_as(thing: object) -> bytes:
    """A checkpoint whose list of parts is that, pickled."""
    return of_pickle(pickle.dumps(thing, 2), {"data/0": bytes(12)})


def packed_zeros() -> bytes:
    """64 MB of weights that take some kilobytes, as no checkpoint of ours is packed."""
    with zipfile.ZipFile(io.BytesIO(saved({"a": torch.zeros(16 * MIB)}))) as good:
        return zipped([(name, good.read(name)) for name in good.namelist()])


def spread_out() -> torch.Tensor:
    """Four terabytes by its shape, four bytes by its content."""
    return torch.zeros(1).expand(1 << 20, 1 << 20)


def framed(*headers: bytes) -> bytes:
    """A file of a film with these headers of messages."""
    messages = [struct.pack("<I", len(text)) + text for text in headers]
    return b"".join(struct.pack("<I", len(one)) + one for one in messages)


def shot(body: bytes, readings: Mapping[str, Any] | None = None) -> bytes:
    """A moment of the film whose own numbers are right."""
    told = {
        "step": 0, "seconds": 0.0, "counts": {}, "done": 0, "readings": readings or {},
        "body": len(body),
    }  # fmt: skip
    told["tag"] = _tag({name: told[name] for name in told}, body)
    return framed(json.dumps({"kind": "film", **told}).encode()) + body


def pasted(name: str, data: bytes) -> Callable[[Run], bytes]:
    return lambda run: run.put(name, data)


def curves(columns: object, rows: int = 6, width: int = 1) -> Callable[[Run], bytes]:
    head = json.dumps({"columns": columns}).encode() + b"\n"
    return pasted("history/readings.f32", head + bytes(4 * width * rows))


def listed(count: int) -> bytes:
    """Lists without end, on one line."""
    return b'{"step": 1, "values": [' + b"[]," * count + b"[]]}\n"


def laughing(state: dict[str, Any]) -> None:
    """A list of ten lists of ten lists ...: some hundred parts, and ten thousand million names."""
    one: list[Any] = []
    for _ in range(10):
        one = [one] * 10
    state["more"] = one


def spoken(state: dict[str, Any]) -> None:
    """A hundred thousand names of one long line."""
    state["ledger"] = ['{"step": 1, "path": "a", "note": "' + "x" * 60_000 + '"}'] * 100_000


MANY = "its columns are no curves"
WIDEST = {"family": "dense", "hidden": [8192] * 8}


def relaid(run: Run, change: Callable[[bytes], bytes]) -> bytes:
    """The newest checkpoint as another zip, with a digest that is right."""
    return digested(change(run.content[NEWEST][: len(run.content[NEWEST]) - len(digested(b""))]))


def longer() -> bytes:
    """A million numbers of a record that has four."""
    thing = {"format": 2, "x": Made(Storage(10**6), 0, (10**6,), (1,))}
    return of_pickle(pickled(thing), {"data/0": bytes(16)})


def header(text: bytes) -> bytes:
    """A safetensors file with that header and no weights."""
    return len(text).to_bytes(8, "little") + text


def ours(**changes: str) -> bytes:
    """Weights that say they were exported here: one number of a network that is told beside it."""
    about = {
        "made_by": MAKER,
        "format": FORMAT,
        "step": "1",
        "kind": '{"channels": 1, "size": 8, "classes": []}',
        "config": "{}",
    }
    return save({"a": torch.zeros(1)}, about | changes)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def wide(state: dict[str, Any]) -> None:
    config = json.loads(state["config"])
    config["networks"]["g"]["width"] = 256
    state["config"] = json.dumps(config)


BUNDLES: dict[str, tuple[Callable[[Run], bytes], str]] = {
    "another digest": (
        lambda run: run.changed({"run/config.json": b"{}"}, digests=False),
        "config.json is not as large",
    ),
    "a name above": (lambda run: run.changed(add={"run/../../evil": b"{}"}), "out of its folder"),
    "an absolute name": (lambda run: run.changed(add={"/evil.json": b"{}"}), "absolute path"),
    "a program": (lambda run: run.changed(add={"run/evil.py": b"{}"}), "what no run has"),
    "a file beside": (lambda run: run.changed(add={"setup.py": b"{}"}), "what no run has"),
    "an owner": (lambda run: run.changed(add={"run/owner.json": b"{}"}), "what no run has"),
    "an archive within": (lambda run: run.changed(add={"run/a.zip": b""}), "archive within"),
    "a missing file": (lambda run: run.changed(drop=["run/config.json"]), "config.json"),
    "no checkpoints": (lambda run: run.changed(drop=ALL), "has no checkpoint"),
    "a list that is none": (lambda run: run.changed(told={"files": [1]}), "not one of ours"),
    "a list of a later version": (lambda run: run.changed(told={"format": 99}), "newer version"),
    "a list of other files": (lambda run: run.changed(told={"files": {}}), "that its list names"),
    "a name that is a way": (
        lambda run: run.changed(told={"name": "../../evil"}, drop=ALL),
        "has no checkpoint",
    ),
    "a name of a hidden folder": (
        lambda run: run.changed(told={"name": ".own"}, drop=ALL),
        "has no checkpoint",
    ),
    "a pickle that runs": (
        lambda run: run.changed({NEWEST: saved({"format": 2, "x": Evil()})}),
        "more than tensors",
    ),
    "a pickle of a gigabyte of zeros": (
        lambda run: run.changed({NEWEST: unpickled_as({"x": Zeros()})}),
        "more than tensors",
    ),
    "a million parts": (
        lambda run: run.changed({NEWEST: unpickled_as([0, 1] * 500_001)}),
        "too many parts",
    ),
    "weights that are packed": (
        lambda run: run.changed({NEWEST: packed_zeros()}),
        "its parts are packed",
    ),
    "a checkpoint of another kind": (
        lambda run: run.changed({NEWEST: saved({"format": 2, "steps": 6})}),
        "no checkpoint of ours",
    ),
    "noise for a checkpoint": (lambda run: run.changed({NEWEST: bytes(500)}), "no checkpoint"),
    "a tensor of four terabytes": (
        lambda run: run.with_state(lambda state: state.update(more=spread_out())),
        "larger than the file",
    ),
    "a step that is none": (
        lambda run: run.with_state(lambda state: state.update(steps=-1)),
        "step",
    ),
    "a step of another name": (
        lambda run: run.with_state(lambda state: state.update(steps=5)),
        "another step",
    ),
    "a step beyond all": (
        lambda run: run.with_state(lambda state: state.update(steps=2**60)),
        "no checkpoint of ours",
    ),
    "weights of another size": (lambda run: run.with_state(wide), "do not fit the configuration"),
    "a network of terabytes": (
        lambda run: run.config(networks={"g": {"family": "dense", "hidden": [8192] * 8}}),
        "470,466,624 parameters are too many",
    ),
    "pictures of a kind that is none": (
        lambda run: run.with_state(lambda state: state["pictures"].update(kind=(99, 8, []))),
        "of a kind that cannot be",
    ),
    "a configuration that is none": (
        lambda run: run.config(latent={"dim": -1}),
        "configuration that cannot be",
    ),
    "a configuration too deep": (
        lambda run: run.with_state(lambda state: state.update(config="[" * 100_000)),
        "no checkpoint",
    ),
    "a ledger of nonsense in the checkpoint": (
        lambda run: run.with_state(lambda state: state.update(ledger=["{", 3])),
        "no checkpoint",
    ),
    "config that is a list": (lambda run: run.put("config.json", b"[1]"), "config.json"),
    "config with an unknown key": (lambda run: run.put("config.json", b'{"evil": 1}'), "config"),
    "a deep ledger": (lambda run: run.put("ledger.jsonl", nested(100_000)), "ledger.jsonl"),
    "another ledger": (lambda run: run.put("ledger.jsonl", b'{"evil": 1}\n'), "ledger.jsonl"),
    "curves cut off": (
        lambda run: run.put("history/readings.f32", b'{"columns": ["a", "b"]}\n1234'),
        "readings",
    ),
    "curves without names": (
        lambda run: run.put("history/readings.f32", b'{"columns": []}\n'),
        "readings.f32",
    ),
    "curves of numbers for names": (
        lambda run: run.put("history/readings.f32", b'{"columns": [1, 2]}\n' + bytes(999)),
        "readings.f32",
    ),
    "a sample that is a script": (
        lambda run: run.put("samples/000000000.png", b"<script>"),
        "000000000.png",
    ),
    "curves of 20,000 names": (curves([""] * 20_000, 6, 20_000), "readings.f32"),
    "curves of 200 names": (curves([f"a{n}" for n in range(200)], 6, 200), MANY),
    "curves of an empty name": (curves([""]), MANY),
    "curves of an endless name": (curves(["a" * 81]), MANY),
    "curves of one name twice": (curves(["a", "a"], 6, 2), "the same name"),
    "curves with an endless head": (
        pasted("history/readings.f32", b'{"columns": ["' + b"x" * 8 * MIB),
        "readings.f32",
    ),
    "measures of millions of lists": (pasted("measures.jsonl", listed(3_000_000)), "line 1"),
    "measures of millions of lines": (
        pasted("measures.jsonl", b"[]\n" * 4_000_000),
        "line 1: it is no object",
    ),
    "findings larger than any": (pasted("findings.jsonl", bytes(17 * MIB)), "too large"),
    "findings without end": (
        pasted("findings.jsonl", b'{"step": 1}\n' * 100_001),
        "too many lines",
    ),
    "findings of millions of lists": (pasted("findings.jsonl", listed(3_000_000)), "line 1"),
    "a ledger of millions of lists": (pasted("ledger.jsonl", listed(1_300_000)), "line 1"),
    "a ledger larger than any": (pasted("ledger.jsonl", bytes(5 * MIB)), "too large"),
    "a ledger of a number that is none": (
        pasted("ledger.jsonl", b'{"step": 1, "path": "optim.g.lr", "new": NaN}\n'),
        "ledger.jsonl",
    ),
    "a summary of lists": (pasted("summary.json", listed(300_000)), "summary.json"),
    "a summary of an endless number": (
        pasted("summary.json", b'{"steps": ' + b"9" * 4000 + b"}"),
        "4,000 digits",
    ),
    "labels too deep": (pasted("labels.json", b'{"a": ' + nested(40) + b"}"), "too deeply"),
    "a film of a header of lists": (
        pasted("film/000000000.film", framed(b'{"kind": "film", "a": ' + listed(9_000) + b"}")),
        "film is damaged",
    ),
    "a film of millions of messages": (
        pasted("film/000000000.film", shot(bytes(16 * MIB))),
        "film is damaged",
    ),
    "a film of a thousand readings": (
        pasted("film/000000000.film", shot(b"", {f"a{n}": 0.0 for n in range(1000)})),
        "film is damaged",
    ),
    "a film of an endless plane": (
        pasted(
            "film/000000000.film",
            shot(
                framed(
                    b'{"kind": "plane", "name": "a", "parts": [["fake", [99999999, 99999999]]],'
                    b' "reach": 1, "measures": {}, "caption": ""}'
                )
            ),
        ),
        "its points are not those",
    ),
    "a film of a program": (
        pasted(
            "film/000000000.film",
            shot(
                framed(
                    b'{"kind": "picture", "name": "a", "mime": "image/png", "columns": 1,'
                    b' "tile": 8, "count": 1, "heads": [], "caption": ""}%!PS-Adobe-3.0 EPSF-3.0'
                )
            ),
        ),
        "film is damaged or no run's",
    ),
    "a list without end in the checkpoint": (
        lambda run: run.with_state(laughing),
        "too many parts",
    ),
    "a ledger without end in the checkpoint": (
        lambda run: run.with_state(spoken),
        "too long",
    ),
    "a thousand inputs that are always shown": (
        lambda run: run.with_state(
            lambda state: state["controls"].update(z=torch.zeros(100_000, 6))
        ),
        "of a kind that cannot be",
    ),
    "inputs larger than the pictures": (
        lambda run: run.with_state(
            lambda state: state["controls"].update(real=torch.zeros(1, 1, 2000, 2000).byte())
        ),
        "of a kind that cannot be",
    ),
    "classes of endless names": (
        lambda run: run.with_state(
            lambda state: state["pictures"].update(kind=(1, 8, ["x" * 300] * 50))
        ),
        "classes are none",
    ),
    "a step of thousands of digits": (
        lambda run: run.with_state(lambda state: state.update(seen=10**5000)),
        "no checkpoint of ours",
    ),
    "a storage longer than its record": (
        lambda run: run.put("checkpoints/000000006.pt", longer()),
        "larger than the file",
    ),
    **{
        f"a checkpoint with {name}": (
            lambda run, change=change: run.changed({NEWEST: relaid(run, change)}),
            "no checkpoint of ours",
        )
        for name, change in LAYOUTS.items()
    },
    "a film of noise": (lambda run: run.put("film/000000000.film", b"abc"), "film"),
    "measures that are none": (lambda run: run.put("measures.jsonl", b'{"a": 1}\n'), "measures"),
    "a list for labels": (lambda run: run.put("labels.json", b"[]"), "labels.json"),
    "labels of a megabyte": (
        lambda run: run.put("labels.json", b'{"title": "' + b"x" * 2 * MIB + b'"}'),
        "labels.json",
    ),
}
"""Zips of runs; each is refused as a whole and leaves nothing."""

FILES: dict[str, tuple[Callable[[Run], bytes], str]] = {
    "nothing": (lambda run: b"", "no zip"),
    "words": (lambda run: b"hello", "no zip"),
    "a picture": (lambda run: GOOD, "no zip"),
    "a pickle": (lambda run: pickle.dumps(Evil()), "is a pickle"),
    "a zip of pictures": (lambda run: beside(), "no bundle.json"),
    "a zip without its end": (lambda run: run.source.read_bytes()[:-40], "its end is"),
    "a zip of lies": (lambda run: many_lies(), "unpack to"),
    "a zip over itself": (lambda run: overlapping(), "lie over each other"),
    "a million million entries": (lambda run: sixty_four(), "1,099,511,627,776 entries"),
    "a list of a gigabyte": (
        lambda run: raw_zip([one(b"bundle.json", bytes(40 * MIB))]),
        "it has no bundle.json",
    ),
    "a list too deep": (
        lambda run: zipped([("bundle.json", nested(100_000))]),
        "cannot be read as JSON",
    ),
    "a list of half characters": (
        lambda run: zipped([("bundle.json", b'{"format": 1, "files": {"\\ud800": {}}}')]),
        "half a character",
    ),
    "a checkpoint that runs": (lambda run: saved({"x": Evil()}), "more than tensors"),
    "a checkpoint of a gigabyte of zeros": (
        lambda run: unpickled_as({"x": Zeros()}),
        "more than tensors",
    ),
    "a checkpoint that is packed": (lambda run: packed_zeros(), "its parts are packed"),
    "a checkpoint of somebody else's": (lambda run: saved({"model": {}}), "no checkpoint of ours"),
    "a checkpoint with a flipped bit": (
        lambda run: run.content[NEWEST][:3000] + b"\xff" + run.content[NEWEST][3001:],
        "checkpoint",
    ),
    "safetensors of nothing": (lambda run: header(b"{}"), "not written by GAN Playground"),
    "safetensors that are cut off": (lambda run: header(b'{"a": {"dt'), "damaged"),
    "safetensors beyond their end": (
        lambda run: header(
            b'{"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 99999999999]}}'
        ),
        "damaged",
    ),
    "safetensors with an endless header": (
        lambda run: header(b'{"a": "' + b"x" * 5 * MIB + b'"}'),
        "is longer than that of any generator",
    ),
    "safetensors of a million tensors": (
        lambda run: header(
            b"{" + b'"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},' * 40_000 + b"}"
        ),
        "is longer than that of any generator",
    ),
    "safetensors deeper than any": (lambda run: header(b'{"a":' * 40_000), "damaged"),
    "safetensors of a network of terabytes": (
        lambda run: ours(config=json.dumps({"networks": {"g": WIDEST, "d": WIDEST}})),
        "are too many",
    ),
    "safetensors of another network": (lambda run: ours(), "weights"),
    "safetensors of a configuration too deep": (lambda run: ours(config="[" * 9_000), "weights"),
    "safetensors of no pictures": (
        lambda run: ours(kind='{"channels": 99, "size": -1, "classes": []}'),
        "of a kind that cannot be",
    ),
    "safetensors that tell nothing": (lambda run: ours(kind="null"), "weights"),
    "a generator of zeros": (
        lambda run: saved({"weights": {"a": spread_out()}, "kind": (1, 8, []), "config": "{}"}),
        "larger than the file",
    ),
    "a generator that runs": (lambda run: saved({"weights": Evil()}), "more than tensors"),
    "a generator of nothing": (lambda run: saved({"weights": {}}), "weights of ours"),
}
"""What is no run's zip."""
