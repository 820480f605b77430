"""A set whose images are decoded by worker processes: one bad file costs none of the others."""

import os
import threading

import pytest

from benchmarks.image_files import encoded, noise, png
from gan_lab.config import Data
from gan_lab.data import take_in
from gan_lab.data.own import decoding
from gan_lab.data.own.sources import File
from gan_lab.images import workers
from gan_lab.images.decoding import Budget, Shape
from gan_lab.sandbox import SandboxError

GOOD = [encoded(noise(seed=k), "PNG") for k in range(6)]


def files(contents):
    return [
        File(f"{k}.png", len(content), lambda content=content: content)
        for k, content in enumerate(contents)
    ]


def read(contents, **shape):
    found = list(decoding.decoded(files(contents), Shape(side=8, **shape)))
    assert sorted(one.number for one in found) == list(range(len(contents)))
    return {one.number: one for one in found}


def test_every_file_is_told_once_and_in_order():
    found = list(decoding.decoded(files([*GOOD, b"no"]), Shape(side=8)))
    assert [one.number for one in found] == list(range(7))
    assert found[6].why == "no picture" and found[6].squares is None
    assert all(one.squares.shape == (1, 8, 8, 3) for one in found[:6])
    assert len({one.digest for one in found[:6]}) == 6


def test_several_calls_give_what_one_gives(monkeypatch):
    whole = read(GOOD)
    monkeypatch.setattr(decoding, "_AT_ONCE", 1)
    parts = read(GOOD)
    for number, one in whole.items():
        assert (one.squares == parts[number].squares).all() and one[2:] == parts[number][2:]


@pytest.mark.parametrize("reason", ["time", "memory", "crash"])
def test_a_guilty_image_is_refused_and_the_others_are_read(monkeypatch, reason):
    """Whatever limit a batch reaches, the guilty one alone is refused."""
    calls, real = [], workers.decode_some

    def limited(contents, *rest, **options):
        calls.append(len(contents))
        if b"guilty" in contents:
            raise SandboxError(reason)
        return real(contents, *rest, **options)

    monkeypatch.setattr(workers, "decode_some", limited)
    found = read([*GOOD[:3], b"guilty", *GOOD[3:]])
    assert [number for number, one in found.items() if one.why] == [3]
    assert found[3].why == str(SandboxError(reason))
    assert calls == [7, 1, 1, 1, 1, 3]


def test_an_image_that_kills_its_worker_is_refused_and_the_others_are_read(monkeypatch):
    """With a real process: the limit of memory is below what one of the images needs."""
    monkeypatch.setattr(workers, "MEMORY", 30 * 2**20)
    large = png(4000, 3900, level=1)  # 60 MiB in Pillow
    found = read([*GOOD[:3], large, *GOOD[3:]])
    assert [number for number, one in found.items() if one.why] == [3]
    assert found[3].why == "decoding it took too much memory"


def test_the_import_report_names_the_guilty_image(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "MEMORY", 30 * 2**20)
    for k, content in enumerate([*GOOD[:2], png(4000, 3900, level=1)]):
        (tmp_path / f"{k}.png").write_bytes(content)
    _, intake = take_in(tmp_path, Data(name=str(tmp_path), size=8))
    assert intake.taken == 2
    assert intake.broken == (("2.png", "decoding it took too much memory"),)


def test_twelve_flat_images_of_64_megapixels_cost_two(monkeypatch):
    charged, real = [], workers.decode_some

    def counted(contents, *rest, charge, **options):
        def both(seconds):
            charged.append(seconds)
            charge(seconds)

        return real(contents, *rest, charge=both, **options)

    monkeypatch.setattr(workers, "decode_some", counted)
    bomb = png(8000, 8000, kind=6)
    assert len(bomb) < 300_000
    found = read([*GOOD[:2], *[bomb] * 12, *GOOD[2:]])
    taken = [number for number, one in found.items() if not one.why]
    assert set(taken) == {0, 1, 2, 3, 14, 15, 16, 17}  # all that are no bombs, and two that are
    assert {one.why for one in found.values()} == {
        "", "too many pixels out of too few bytes, as in bombs"
    }  # fmt: skip
    assert sum(charged) <= 2 * (workers.CPU_SECONDS + 2)


def test_the_processor_time_of_a_set_is_limited_in_proportion_to_its_bytes(monkeypatch):
    monkeypatch.setattr(decoding, "FREE_SECONDS", 2.9)
    monkeypatch.setattr(decoding, "_AT_ONCE", 1)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    real, credit = workers.decode_some, decoding.SECONDS_A_MIB * 8192 / 2**20

    def dear(contents, *rest, charge, **options):
        charge(1.0 + credit)
        return real(contents, *rest, charge=lambda _: None, **options)

    monkeypatch.setattr(workers, "decode_some", dear)
    found = read([content + bytes(8192 - len(content)) for content in GOOD])
    assert [bool(one.why) for one in found.values()] == [False] * 3 + [True] * 3
    assert found[5].why == "its set takes too much computing time for its size, as bombs do"


def test_who_stops_reading_ends_the_calls():
    every = decoding.decoded(files(GOOD), Shape(side=8))
    next(every)
    every.close()
    assert not [one for one in threading.enumerate() if one.name.startswith("intake")]


def test_budgets_are_shared_by_the_lanes(monkeypatch):
    flat = png(400, 400)
    monkeypatch.setattr(Budget, "FREE", 2 * 400 * 400)
    found = read([flat] * 3)
    assert [bool(one.why) for one in found.values()] == [False, False, True]
