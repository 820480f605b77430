"""Where, and with how many threads."""

import threading

import pytest
import torch

from gan_lab.training import devices
from tests.patience import WAIT


def test_auto_and_cpu_are_always_there():
    assert devices.pick_device("cpu") == torch.device("cpu")
    assert devices.pick_device("auto").type in ("cpu", "cuda", "mps")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu_is_named_with_what_to_do():
    with pytest.raises(ValueError, match=r"training.device = cuda.*use auto or cpu"):
        devices.pick_device("cuda")


@pytest.mark.parametrize(
    ("cores", "active", "threads"),
    [(8, 0, 7), (8, 1, 3), (8, 3, 1), (2, 0, 1), (2, 3, 1), (1, 5, 1)],
)
def test_threads_never_outnumber_the_cores_that_are_left(monkeypatch, cores, active, threads):
    monkeypatch.setattr(devices, "cores", lambda: cores)
    assert devices.share_threads(active) == threads


def test_a_threads_number_is_its_own_whatever_others_set_later():
    seen, mine, theirs = [], threading.Event(), threading.Event()

    def run() -> None:
        devices.use_threads(1)
        mine.set()
        theirs.wait(WAIT)
        torch.ones(4) @ torch.ones(4)
        seen.append(torch.get_num_threads())

    thread = threading.Thread(target=run)
    thread.start()
    mine.wait(WAIT)
    other = threading.Thread(target=devices.use_threads, args=(2,))
    other.start()
    other.join()
    theirs.set()
    thread.join()
    assert seen == [1]


def test_cores_are_those_this_process_may_use():
    assert 1 <= devices.cores() <= 10_000
