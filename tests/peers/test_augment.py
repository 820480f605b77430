"""Augmentation and its adaptive share against plain loops, written from the papers."""

import pytest
import torch
import torch.nn.functional as F

from gan_lab.config import Objective
from gan_lab.objectives import Adaptive, augmented

N, SIDE = 7, 16


def chance(seed=0):
    return torch.Generator().manual_seed(seed)


def pictures(seed=9):
    return torch.rand((N, 3, SIDE, SIDE), generator=chance(seed)) * 2 - 1


def one_each(generator):
    return torch.rand((N, 1, 1, 1), generator=generator).flatten().tolist()


def test_colour():
    x, generator = pictures(), chance(4)
    bright, _ = one_each(generator), one_each(generator)  # and whether it is applied
    colourful, _ = one_each(generator), one_each(generator)
    contrast, _ = one_each(generator), one_each(generator)
    for before, after, b, s, c in zip(
        x, augmented(x, "colour", 1.0, chance(4)), bright, colourful, contrast, strict=True
    ):
        picture = before + (b - 0.5)  # ±.5
        grey = picture.mean(0)
        picture = torch.stack([grey + 2 * s * (channel - grey) for channel in picture])  # U(0, 2)
        picture = (picture - picture.mean()) * (c + 0.5) + picture.mean()  # U(.5, 1.5)
        torch.testing.assert_close(after, picture)


def test_translation():
    x, generator, most = pictures(), chance(4), SIDE // 8
    down, right = (
        torch.randint(-most, most + 1, (N, 1), generator=generator).flatten().tolist()
        for _ in range(2)
    )
    assert len({*down, *right}) > 2
    for before, after, r, c in zip(
        x, augmented(x, "translation", 1.0, chance(4)), down, right, strict=True
    ):
        padded = F.pad(before, (most,) * 4)
        top, left = most - r, most - c
        assert torch.equal(after, padded[:, top : top + SIDE, left : left + SIDE])


def test_cutout():
    x, generator = pictures(), chance(4)
    rows, columns = (
        torch.randint(SIDE + 1, (N, 1), generator=generator).flatten().tolist() for _ in range(2)
    )
    for before, after, r, c in zip(
        x, augmented(x, "cutout", 1.0, chance(4)), rows, columns, strict=True
    ):
        picture = before.clone()
        quarter = SIDE // 4
        picture[:, max(0, r - quarter) : r + quarter, max(0, c - quarter) : c + quarter] = 0
        assert torch.equal(after, picture)


def test_all_is_one_after_the_other():
    generator = chance(4)
    x = augmented(pictures(), "colour", 1.0, generator)
    x = augmented(x, "translation", 1.0, generator)
    x = augmented(x, "cutout", 1.0, generator)
    assert torch.equal(x, augmented(pictures(), "all", 1.0, chance(4)))


def test_adaptive_share_by_the_formula():
    """p += sign(r - target)·(batch · 4) / images every 4 moves, within 0 and 1."""
    objective = Objective(ada=True, ada_target=0.3, ada_images=2000)
    adaptive, share, signs = Adaptive(), 0.0, []
    generator = chance()
    for move in range(1, 200):
        scores = torch.randn(16, 1, generator=generator) + (1.5 if move < 120 else -0.5)
        adaptive.update(scores, 16, objective)
        signs.extend(scores.sign().flatten().tolist())
        if move % 4 == 0:
            r = sum(signs) / len(signs)
            share = min(1.0, max(0.0, share + (1 if r > 0.3 else -1) * 16 * 4 / 2000))
            signs = []
        assert adaptive.share == pytest.approx(share)
        if move == 119:
            assert share > 0.9
    assert share < 0.4
