"""The pool of past fakes, against what its papers say and the reference behaves like."""

import pytest
import torch

from gan_lab.games.pool import Pool


def numbered(first, count):
    """Fakes that are known again: the k-th is filled with k."""
    return torch.arange(first, first + count).float().view(-1, 1, 1, 1).expand(-1, 3, 2, 2)


def pool(size=50, seed=0):
    return Pool(size, torch.Generator().manual_seed(seed))


def names(pictures):
    return pictures[:, 0, 0, 0].int().tolist()


def test_without_a_size_fakes_pass_through():
    fakes = numbered(0, 4)
    assert pool(0).exchange(fakes) is fakes


def test_it_fills_first_and_shows_what_comes():
    p = pool(50)
    for first in range(0, 50, 10):
        assert names(p.exchange(numbered(first, 10))) == list(range(first, first + 10))
    assert names(p.state_dict()["kept"]) == list(range(50))


def test_once_full_half_the_fakes_change_places_with_kept_ones():
    p = pool(50)
    p.exchange(numbered(0, 50))
    new = 0
    for k in range(50, 2050):
        kept = names(p.state_dict()["kept"])
        shown = names(p.exchange(numbered(k, 1)))[0]
        after = names(p.state_dict()["kept"])
        if shown == k:
            new += 1
            assert after == kept, "what is shown as it is is not kept"
        else:
            assert shown in kept and shown not in after and k in after
    assert new == pytest.approx(1000, abs=4 * 2000**0.5 / 2)


def test_a_batch_that_overflows_fills_and_then_swaps():
    p = pool(3)
    shown = names(p.exchange(numbered(0, 64)))
    assert shown[:3] == [0, 1, 2]
    kept = names(p.state_dict()["kept"])
    # nothing is shown twice, nothing is lost
    assert sorted(shown[3:] + kept) == list(range(64)), "shown or kept"


def test_a_batch_does_what_its_pictures_would_one_by_one():
    """Also if two of them want the same place: the second gets what the first put there."""
    p = pool(1)
    p.exchange(numbered(0, 1))
    shown = names(p.exchange(numbered(1, 40)))
    kept = 0
    for number, one in enumerate(shown, start=1):
        assert one in (number, kept)
        kept = kept if one == number else number
    assert names(p.state_dict()["kept"]) == [kept]


@pytest.mark.parametrize("before", [0, 2, 7])
def test_it_goes_on_exactly_from_its_state(before):
    straight, other = pool(5), pool(5, seed=9)
    for k in range(before):
        straight.exchange(numbered(2 * k, 2))
    other.exchange(numbered(900, 20))
    other.load_state_dict(straight.state_dict())
    other._generator.set_state(straight._generator.get_state())
    for k in range(10):
        fakes = numbered(100 + 3 * k, 3)
        assert torch.equal(straight.exchange(fakes), other.exchange(fakes))


def test_its_state_does_not_change_afterwards():
    p = pool(4)
    p.exchange(numbered(0, 4))
    state = p.state_dict()
    p.exchange(numbered(4, 30))
    assert names(state["kept"]) == [0, 1, 2, 3]


def test_what_it_keeps_has_no_graph():
    p = pool(2)
    weight = torch.ones(1, requires_grad=True)
    assert not p.exchange(numbered(0, 5) * weight)[2:].requires_grad
    assert not p.state_dict()["kept"].requires_grad
