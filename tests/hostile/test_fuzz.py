"""A sample of the fuzz of benchmarks/fuzz_decoders.py: some hundred mutants of each decoder."""

import pytest

from benchmarks.mutants import DECODERS, LIMITS, fuzz, kinds
from gan_lab.sandbox import Pool

MUTANTS = 40


@pytest.fixture(scope="module")
def pool():
    pool = Pool(1, preload=("benchmarks.run_files", "benchmarks.mutants"))
    yield pool
    pool.close()


@pytest.mark.parametrize(("name", "kind"), [(n, kind) for n in DECODERS for kind in kinds(n)])
def test_mutants_end_within_the_limits_and_crash_nothing(pool, name, kind):
    tried = fuzz(name, kind, MUTANTS, 1, pool, LIMITS)
    assert tried.count == MUTANTS
    assert not tried.killed
    assert tried.seconds < LIMITS.cpu_seconds
    assert tried.refused  # the mutations are not too weak ...
    assert tried.decoded or name == "checkpoint"  # ... nor too strong, where no sum forbids all


@pytest.mark.parametrize(("name", "kind"), [(n, kind) for n in DECODERS for kind in kinds(n)])
def test_the_files_that_mutants_are_made_of_are_valid(name, kind):
    files, decode = DECODERS[name]
    for content in files()[kind]:
        decode(content)
