"""Functions that misbehave as decoders do, called by ``test_pool``."""

import os
import sys
import time
from pathlib import Path

import numpy as np

from gan_lab.sandbox import codec


class Unreadable(ValueError):
    """The input is broken."""


def doubled(array, scale):
    print("a library that writes to standard output")
    return {"array": array * scale, "sum": float(array.sum())}


def echoed(value):
    return value


def broken():
    raise Unreadable("a damaged PNG")


def unexpected():
    raise KeyError("colour")


def endless():
    while True:
        pass


def busy(seconds):
    begun = time.process_time()
    while time.process_time() < begun + seconds:
        pass
    return time.process_time() - begun


def asleep():
    time.sleep(600)


def greedy(size):
    return len(np.ones(size, np.uint8).tobytes())


def verbose(size):
    return bytes(size)


def crashing():
    os.abort()


def nonsense():
    """As a worker whose decoder an attacker has taken over might answer."""
    for number in range(3, 64):
        try:
            os.write(number, b"[" * 4096)
        except OSError:
            continue
    time.sleep(600)


def forged(value):
    """A message of the right format that no worker writes."""
    for number in range(3, 64):
        try:
            os.write(number, b"".join(codec.encoded(value)))
        except OSError:
            continue
    time.sleep(600)


def vanishing():
    sys.exit(0)


def writing(path):
    with Path(path).open("wb") as file:
        file.write(b"x" * 100)


def process():
    return os.getpid()
