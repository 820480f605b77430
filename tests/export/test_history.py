"""Curves as other programs read them are the readings of the run, to the bit."""

import csv
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from gan_lab.export import EXPORTS
from gan_lab.measures import Measured
from gan_lab.measures.measured import Value
from gan_lab.runs.journal import Journal


def readings(directory):
    return directory.columns(), directory.read_span(directory.columns(), 0, 10**6)


def numbers(cells):
    return np.array([np.nan if c in ("", None) else np.float32(c) for c in cells], np.float32)


def test_csv(ended, tmp_path):
    directory = ended()
    columns, wanted = readings(directory)
    told = EXPORTS["csv"].write(directory, tmp_path / "a.csv")
    assert told == f"6 steps of {len(columns)} curves"
    with (tmp_path / "a.csv").open(newline="") as file:
        head, *body = csv.reader(file)
    assert head == ["step", *columns] and [row[0] for row in body] == list("123456")
    found = np.stack([numbers(row[1:]) for row in body])
    assert np.array_equal(found, wanted, equal_nan=True)


def test_json(ended, tmp_path):
    directory = ended()
    columns, wanted = readings(directory)
    Journal(directory.path).note_measured(Measured(4, "averaged", {"swd": Value(0.25, 9)}))
    EXPORTS["json"].write(directory, tmp_path / "a.json")
    told = json.loads((tmp_path / "a.json").read_text())
    assert told["columns"] == ["step", *columns]
    found = np.stack([numbers(row[1:]) for row in told["rows"]])
    assert np.array_equal(found, wanted, equal_nan=True)
    assert told["config"]["optim"]["g"]["lr"] == 3e-4
    assert [e["path"] for e in told["ledger"] if e["step"] == 4] == ["optim.g.lr"]
    assert told["measures"][0]["values"]["swd"]["number"] == 0.25


def test_a_long_history_is_written_part_by_part(ended, tmp_path, monkeypatch):
    directory = ended()
    columns, before = readings(directory)
    more = np.random.default_rng(0).normal(size=(9000, len(columns))).astype(np.float32)
    more[3, 0] = np.inf
    directory.append_history(columns, more)
    shares = []
    EXPORTS["csv"].write(directory, tmp_path / "a.csv", lambda share, _: shares.append(share))
    assert len(shares) == 3 and shares == sorted(shares)
    table = np.genfromtxt(tmp_path / "a.csv", delimiter=",", skip_header=1).astype(np.float32)
    assert np.array_equal(table[:, 1:], np.concatenate([before, more]), equal_nan=True)
    EXPORTS["json"].write(directory, tmp_path / "a.json")
    assert len(json.loads((tmp_path / "a.json").read_text())["rows"]) == 9006


def test_tensorboard_reads_it(ended, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    directory = ended({"training.sample_every": 2})
    columns, wanted = readings(directory)
    Journal(directory.path).note_measured(Measured(4, "averaged", {"swd": Value(0.25, 9)}))
    EXPORTS["tensorboard"].write(directory, tmp_path / "t.zip")
    with zipfile.ZipFile(tmp_path / "t.zip") as archive:
        assert all(name.startswith("run/events.out.tfevents.") for name in archive.namelist())
        archive.extractall(tmp_path / "logs")
    events = EventAccumulator(str(tmp_path / "logs" / "run"), size_guidance={"images": 0})
    events.Reload()
    for place, column in enumerate(columns):
        read = [(k + 1, v) for k, v in enumerate(wanted[:, place]) if not np.isnan(v)]
        found = [(e.step, e.value) for e in events.Scalars(column)] if read else []
        assert found == [(step, float(value)) for step, value in read]
    assert [(e.step, e.value) for e in events.Scalars("measures/swd/averaged")] == [(4, 0.25)]
    files = sorted((directory.path / "samples").glob("*.png"))
    images = events.Images("samples/grid")
    assert [e.step for e in images] == [int(p.stem) for p in files] and files
    with Image.open(files[-1]) as kept:
        seen = Image.open(io.BytesIO(images[-1].encoded_image_string))
        assert np.array_equal(np.asarray(seen), np.asarray(kept.convert("RGB")))
    texts = events.Tensors("ledger/text_summary")
    assert any(b"lr" in t.tensor_proto.string_val[0] and t.step == 4 for t in texts)
