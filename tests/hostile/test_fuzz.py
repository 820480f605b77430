"""A sample of the fuzz of benchmarks/fuzz_decoders.py: some hundred mutants of each decoder."""

import pytest

from benchmarks.mutants import DECODERS, fuzz, kinds
from gan_lab.sandbox import Limits, Pool

MUTANTS = 40
LONGEST = 5.0  # processor seconds


@pytest.fixture(scope="module")
def pool():
    pool = Pool(1, preload=("benchmarks.mutants",))
    yield pool
    pool.close()


@pytest.mark.parametrize(("name", "kind"), [(n, kind) for n in DECODERS for kind in kinds(n)])
def test_mutants_end_within_the_limits_and_crash_nothing(pool, name, kind):
    tried = fuzz(name, kind, MUTANTS, 1, pool, Limits(cpu_seconds=LONGEST))
    assert tried.count == MUTANTS
    assert not tried.killed
    assert tried.seconds < LONGEST
    assert tried.refused and tried.decoded  # the mutations are neither too strong nor too weak


@pytest.mark.parametrize(("name", "kind"), [(n, kind) for n in DECODERS for kind in kinds(n)])
def test_the_files_that_mutants_are_made_of_are_valid(name, kind):
    files, decode = DECODERS[name]
    for content in files()[kind]:
        decode(content)
