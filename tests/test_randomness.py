"""Where chance comes from, and that it comes from nowhere else."""

import threading

import pytest
import torch

from gan_lab.randomness import PURPOSES, Streams, derived_seed, seeded

CPU = torch.device("cpu")


def test_derived_seeds_depend_on_every_number():
    paths = [(s, *p) for s in range(5) for p in [(1,), (2,), (1, 1), (1, 2), (2, 1), (1000, 7)]]
    seeds = {derived_seed(*path) for path in paths}
    assert len(seeds) == len(paths)
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert derived_seed(3, 1) == derived_seed(3, 1)


def test_the_largest_seed_works():
    assert 0 <= derived_seed(2**53, 2000) < 2**63


def test_a_draw_for_one_purpose_never_moves_another():
    a, b = Streams(1, CPU), Streams(1, CPU)
    torch.rand(100, generator=a["z"])
    for purpose in PURPOSES:
        same = torch.equal(torch.rand(4, generator=a[purpose]), torch.rand(4, generator=b[purpose]))
        assert same == (purpose != "z")


def test_purposes_draw_different_numbers():
    draws = {tuple(torch.rand(3, generator=g).tolist()) for g in Streams(0, CPU).values()}
    assert len(draws) == len(PURPOSES) == len(Streams(0, CPU))


def test_streams_go_on_from_a_state():
    a, b = Streams(1, CPU), Streams(2, CPU)
    torch.rand(7, generator=a["noise"])
    b.load_state_dict(a.state_dict())
    for purpose in PURPOSES:
        assert torch.equal(torch.rand(4, generator=a[purpose]), torch.rand(4, generator=b[purpose]))


BUILD = {
    "linear": lambda: torch.nn.Linear(3, 3).weight,
    "convolution": lambda: torch.nn.ConvTranspose2d(2, 2, 3).bias,
    "normal": lambda: torch.nn.init.normal_(torch.empty(4)),
    "method": lambda: torch.empty(4).normal_(),
    "function": lambda: torch.randn(4),
}


@pytest.mark.parametrize("build", BUILD.values(), ids=BUILD)
def test_lent_chance_is_that_of_its_seed_and_moves_nothing(build):
    before = torch.get_rng_state()
    made = []
    for seed in (1, 1, 2):
        with seeded(seed):
            made.append(build().detach().clone())
    assert torch.equal(made[0], made[1]) and not torch.equal(made[0], made[2])
    assert torch.equal(before, torch.get_rng_state())
    torch.manual_seed(1)
    assert torch.equal(build(), made[0]), "the same numbers as of a seeded global generator"
    torch.set_rng_state(before)


def test_chance_is_lent_to_one_thread_alone():
    """Threads that build at once each get what they get alone."""

    def build(seed, found):
        with seeded(seed):
            found[seed] = [torch.nn.Linear(8, 8).weight.detach() for _ in range(50)]

    alone, together = {}, {}
    for seed in range(4):
        build(seed, alone)
    threads = [threading.Thread(target=build, args=(seed, together)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(4):
        assert all(map(torch.equal, alone[seed], together[seed]))
