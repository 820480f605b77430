"""Drawings: the same every time, at any size, and showing what is said of them."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gan_lab.config import Data
from gan_lab.data import NAMED, load
from gan_lab.data.drawn import animals, faces, shapes
from gan_lab.data.drawn.canvas import Canvas, box, disc, ellipse
from gan_lab.data.drawn.portrait import portrait
from gan_lab.data.drawn.traits import Traits, draw

SETS = {"faces": faces, "animals": animals, "shapes": shapes}


@pytest.fixture(scope="session")
def held():
    """The held-out drawings, each drawn once for all tests."""
    return {name: module.read(False, 32) for name, module in SETS.items()}


@pytest.mark.parametrize("name", SETS)
def test_sets_are_deterministic_and_varied(name, held):
    images, labels = held[name]
    again = load(Data(name=name, size=32), train=False)
    assert torch.equal(images, again.images) and torch.equal(labels, again.labels)
    assert images.shape == (1000, 3, 32, 32) and images.dtype == torch.uint8
    assert len(np.unique(images.flatten(1).numpy(), axis=0)) == 1000, "no two alike"
    counts = labels.bincount(minlength=len(again.classes))
    assert (counts > 1000 // (2 * len(again.classes))).all(), "no class is rare"
    # most pixels change from picture to picture
    assert images.float().std(0).mean() > 25


@pytest.mark.parametrize("name", SETS)
def test_the_catalogue_knows_them(name):
    entry = NAMED[name]
    assert entry.here() and entry.fetch is None and entry.count == 10_000
    assert "rawn" in entry.title and entry.channels == 3


@pytest.mark.parametrize("name", SETS)
def test_the_parts_differ(name):
    train, test = (SETS[name].traits(part) for part in (True, False))
    assert not np.isin(train["u"], test["u"]).any()


def few(module, size, part):
    artist = portrait if module is faces else module._artist
    return draw(module.traits(True).part(part), size, artist)


@pytest.mark.parametrize("name", SETS)
def test_a_picture_depends_on_its_number_alone(name):
    sixty_four = few(SETS[name], 32, slice(0, 64))
    assert torch.equal(sixty_four[:32], few(SETS[name], 32, slice(0, 32)))
    assert torch.equal(sixty_four[32:], few(SETS[name], 32, slice(32, 64)))
    for index in range(0, 64, 3):  # no shape may depend on what else is drawn beside it
        alone = few(SETS[name], 32, slice(index, index + 1))[0].int()
        assert (alone - sixty_four[index].int()).abs().max() <= 1, "but for rounding"


@pytest.mark.parametrize("name", SETS)
def test_every_size_is_drawn_not_enlarged(name):
    large, small = (few(SETS[name], size, slice(0, 32)) for size in (128, 32))
    assert large.shape[2:] == (128, 128) and small.shape[2:] == (32, 32)
    shrunk = F.interpolate(large.float(), (32, 32), mode="area")
    assert (shrunk - small.float()).abs().mean() < 6, "the same drawing"
    enlarged = F.interpolate(small.float(), (128, 128), mode="bicubic", align_corners=False)

    def sharpness(x):
        return (x[..., 1:] - x[..., :-1]).abs().amax((1, 2, 3)).mean()

    assert sharpness(large.float()) > 1.5 * sharpness(enlarged)


def test_the_size_that_is_asked_for_is_read():
    assert load(Data(name="shapes", size=40), train=False).size == 40
    assert load(Data(name="shapes"), train=False).size == 32
    circles = load(Data(name="shapes:circle", size=8, colour="grey"), train=False)
    assert circles.images.shape[1:] == (1, 8, 8) and circles.labels.unique().tolist() == [0]


# -- the canvas ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        (lambda u, v: disc(u, v, 0.6), np.pi * 0.36),
        (lambda u, v: ellipse(u, v, 0.8, 0.4), np.pi * 0.32),
        (lambda u, v: box(u, v, 0.7, 0.5), 1.4),
        (lambda u, v: box(u, v, 0.7, 0.5, 0.2), 1.4 - (4 - np.pi) * 0.04),
    ],
)
@pytest.mark.parametrize("size", [32, 128])
def test_shapes_cover_their_area(shape, area, size):
    canvas = Canvas.blank(1, size)
    canvas.paint(shape(canvas.u, canvas.v), (1.0, 0.5, 0.0))
    assert canvas.rgb[0].mean() * 4 == pytest.approx(area, rel=0.01)
    np.testing.assert_allclose(canvas.rgb[1], canvas.rgb[0] / 2, atol=1e-6)
    assert canvas.rgb[2].max() == 0


def test_windows_change_only_their_pictures():
    canvas = Canvas.blank(3, 16)
    with canvas.window(-0.5, -0.5, 0.5, 0.5, np.array([True, False, True])) as part:
        assert part.who.tolist() == [0, 2] and part.u.shape == (2, 8, 8)
        part.paint(disc(part.u, part.v, 2.0), (1.0, 1.0, 1.0))
    assert canvas.rgb.sum((0, 2, 3)).tolist() == [3 * 64, 0, 3 * 64]


# -- faces --------------------------------------------------------------------------------------


def altered(**changes):
    """The same 96 faces twice, with one trait at one value and at another."""
    base = faces.traits(True).part(slice(0, 96))
    pictures = []
    for value in range(2):
        traits = Traits({**base})
        for name, values in changes.items():
            traits[name] = np.full_like(base[name], values[value])
        pictures.append(draw(traits, 64, portrait).float())
    return base, *pictures


def changed_at(a, b):
    """Where the mean difference has its centre, as v and u of the picture, and how much it is."""
    weight = (a - b).abs().mean((0, 1))
    line = (torch.arange(64) + 0.5) / 32 - 1
    return ((weight.sum(1) * line).sum() / weight.sum()).item(), weight.mean().item()


def test_glasses_are_about_the_eyes():
    _, without, having = altered(glasses=(False, True))
    v, much = changed_at(without, having)
    assert -0.15 < v < 0.15 and much > 1
    # frames are darker than most of what they hide
    assert having.mean() < without.mean()


def test_smiles_and_open_mouths_are_at_the_mouth():
    for changes in ({"smile": (-0.3, 1.0)}, {"open": (0.0, 1.0)}):
        _, one, other = altered(**changes)
        v, much = changed_at(one, other)
        assert 0.25 < v < 0.55 and much > 0.5, changes


def test_attributes_are_those_of_the_pictures(held):
    images, labels = held["faces"]
    for index in (0, 7, 999):
        known = faces.attributes(index, train=False)
        name = faces.CLASSES[labels[index]]
        assert ("glasses" in name) == known["glasses"]
        assert ("smiling" in name) == (known["smile"] > faces.SMILING)
        assert known["hair"] in faces.HAIR and 0 <= known["skin"] <= 1
    # the darker the skin is said to be, the darker the nose
    skin = torch.from_numpy(faces.traits(False)["skin"]).float()
    middle = images[:, :, 16:20, 14:18].float().mean((1, 2, 3))
    assert torch.corrcoef(torch.stack([skin, middle]))[0, 1] < -0.85


def test_the_table_agrees_with_the_words():
    names, values = faces.table(train=False)
    assert values.shape == (1000, len(names)) and values.dtype == torch.float32
    for index in (3, 500):
        row, known = dict(zip(names, values[index].tolist(), strict=True)), faces.attributes(
            index, train=False
        )  # fmt: skip
        assert row["smile"] == pytest.approx(known["smile"])
        assert row["glasses"] == known["glasses"]
        assert row[f"hair={known['hair']}"] == 1
        assert sum(row[f"hair={style}"] for style in faces.HAIR) == 1


# -- animals ------------------------------------------------------------------------------------


def noisy(images, generator):
    noise = 12.75 * torch.randn(images.shape, generator=generator)  # .05 of the range
    return (images + noise).clamp(0, 255).byte()


def blurred(images, share):
    """``share`` of each pixel goes to each neighbour in a row, then in a column."""
    line = torch.tensor([share, 1 - 2 * share, share])
    kernel = (line[:, None] * line).expand(3, 1, 3, 3)
    padded = F.pad(images.float(), (1, 1, 1, 1), mode="replicate")
    return F.conv2d(padded, kernel, groups=3).round()


@pytest.mark.parametrize(("size", "soft"), [(32, 0.07), (64, 0.2)])
def test_the_detector_tells_striped_from_plain(size, soft, held):
    images, labels = held["animals"] if size == 32 else animals.read(False, size)
    generator = torch.Generator().manual_seed(0)
    for seen in (images, noisy(images.float(), generator), noisy(blurred(images, soft), generator)):
        scores = animals.stripes(seen)
        assert scores.shape == (1000,) and scores.dtype == torch.float32
        found = scores > animals.STRIPED
        assert found[labels == 1].float().mean() > 0.98
        assert found[labels == 0].float().mean() < 0.02


def test_bars_of_a_picture_are_stripes_and_flat_ones_are_none():
    images = torch.full((2, 3, 64, 64), 200, dtype=torch.uint8)
    images[1, :, :, torch.arange(64) // 4 % 2 == 0] = 30
    plain, striped = animals.stripes(images).tolist()
    assert plain == 0 and striped > 3 * animals.STRIPED
