"""Plain and striped animals on a meadow, for turning one kind into the other without pairs.

The coordinates of an animal: its trunk is about the origin and 1.3 long, it looks to the right.
Every picture is of another animal: nothing tells which plain one would be which striped one.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gan_lab.data.drawn.canvas import Array, Canvas, disc, ellipse, joined, limb
from gan_lab.data.drawn.traits import Dice, Traits, colours, draw, ramp

CLASSES = ("plain", "striped")
SIZE = 64
COUNTS = {True: 10_000, False: 1_000}
STRIPED = 0.08
"""From this score of :func:`stripes` on a picture counts as striped."""
_SEED = 2

_COATS = colours("efdcbc", "d6a878", "b97c48", "dcae58", "bcbcc2", "f4f1ea", "cc9f8d", "c9b79c")
_STRIPES = colours("1d1a1c", "2c1f1a", "231d2c")
_SKIES = colours("8fc4ea", "b9dcf0", "d9e3ea", "f4c9a4", "f0aeb0", "a9b8e0")
_MEADOWS = colours("6fae4e", "8fbf58", "a9b858", "c6b96a", "5c9a5f", "86a84a")
_HILLS = colours("6f9a78", "8a9fb0", "7fa86a", "a493a8", "93a889")
_WHITE, _SUN, _BARK, _SHADOW, _EYE = (
    one.astype(np.float32).reshape(3, 1, 1, 1)
    for one in colours("ffffff", "fff2b8", "614738", "1a2914", "120f0f")
)


@lru_cache(maxsize=2)
def traits(train: bool = True) -> Traits:
    """Everything about every picture of a part."""
    count = COUNTS[train]
    dice = Dice((_SEED, int(train)), count, 80)
    t = Traits(
        striped=dice.uniform() < 0.5,
        mirror=dice.uniform() < 0.5, scale=dice.uniform(0.68, 0.84), u=dice.uniform(-0.12, 0.12),
        v=dice.uniform(-0.06, 0.16), slope=dice.uniform(-0.05, 0.05),
        length=dice.uniform(0.92, 1.08), belly=dice.uniform(0.9, 1.12),
        legs=dice.uniform(0.85, 1.1), step=dice.uniform(-1, 1), beat=dice.uniform(-1, 1),
        neck=np.where(dice.uniform() < 0.8, dice.uniform(0.65, 1.15), dice.uniform(-0.75, -0.4)),
        nod=dice.uniform(-0.25, 0.25), tail=dice.uniform(-0.15, 0.3),
        period=dice.uniform(0.3, 0.37), phase=dice.uniform(), duty=dice.uniform(0.44, 0.54),
        lean=dice.uniform(-0.25, 0.25), curve=dice.uniform(-0.5, 0.5),
        horizon=dice.uniform(-0.15, 0.2), roll=dice.uniform(0, 6.3), hill=dice.uniform(0.08, 0.4),
        cloud=dice.uniform() < 0.6, cloud_u=dice.uniform(-0.8, 0.8),
        cloud_v=dice.uniform(-0.85, -0.6),
        sun=dice.uniform() < 0.35, sun_u=dice.uniform(-0.8, 0.8), sun_v=dice.uniform(-0.8, -0.5),
        tree=dice.uniform() < 0.4, tree_u=dice.uniform(-0.9, 0.9),
        tree_size=dice.uniform(0.12, 0.26),
    )  # fmt: skip
    coat = dice.palette(_COATS, 0.06)
    t["coat"] = coat
    dark = dice.uniform(0.35, 0.75)[:, None]
    pale = np.clip(coat + 0.25, 0, 1)
    t["mane"] = np.where(dice.uniform()[:, None] < 0.7, coat * dark, pale)
    t["stripe"] = dice.palette(_STRIPES, 0.04)
    t["sky"] = dice.palette(_SKIES, 0.05)
    t["meadow"] = dice.palette(_MEADOWS, 0.06)
    t["hills"] = dice.palette(_HILLS, 0.05)
    t["leaves"] = dice.jittered(ramp(colours("4f7f45", "6f8f3f", "b0793a"), dice.uniform()), 0.05)
    return t


# -- the artist, from back to front ---------------------------------------------------------------


def _artist(canvas: Canvas, t: Traits) -> None:
    _landscape(canvas, t)
    scale = t.value("scale")
    animal = canvas.framed(t.value("u"), t.value("v"), t.value("slope"), scale, scale)
    _shadow(animal, t)
    _far_legs(animal, t)
    _tail(animal, t)
    _trunk(animal, t)
    _near_legs(animal, t)
    for down, top, bottom in ((False, -1.15, 0.3), (True, -0.45, 1.0)):
        with animal.window(0.0, top, 1.4, bottom, (t["neck"] < 0) == down) as part:
            _neck_and_head(part, t.part(part.who))
    # all look to the right until here, so that each window can be small
    canvas.rgb[:, t["mirror"]] = canvas.rgb[:, t["mirror"], :, ::-1]


def _landscape(canvas: Canvas, t: Traits) -> None:
    u, v = canvas.u, canvas.v
    sky = t.colour("sky")
    canvas.rgb += sky + (0.18 * v[:1] + 0.12) * (1 - sky)  # paler towards the horizon
    with canvas.window(-1.0, -1.0, 1.0, -0.2, t["sun"]) as part:
        w = part.who
        glow = disc(part.u - t.value("sun_u")[w], part.v - t.value("sun_v")[w], 0.15)
        part.paint(glow, _SUN)
    with canvas.window(-1.0, -1.0, 1.0, -0.2, t["cloud"]) as part:
        w = part.who
        p, q = part.u - t.value("cloud_u")[w], part.v - t.value("cloud_v")[w]
        left, right = ellipse(p + 0.16, q - 0.02, 0.22, 0.1), ellipse(p - 0.14, q, 0.26, 0.13)
        part.paint(joined(left, right, 0.1), _WHITE * 0.98, 0.85, 0.05)
    horizon, roll = t.value("horizon"), t.value("roll")
    ridge = horizon - t.value("hill") * (0.6 + 0.4 * np.sin(2.3 * u[:, :1] + roll))
    canvas.paint(ridge - v, t.colour("hills"))
    with canvas.window(-1.0, -1.0, 1.0, 0.4, t["tree"]) as part:
        w = part.who
        size = t.value("tree_size")[w]
        p, q = part.u - t.value("tree_u")[w], part.v - horizon[w]
        trunk = limb(p, q, 0.0, 0.05, 0.0, -1.2 * size, 0.2 * size, 0.12 * size)
        part.paint(trunk, _BARK)
        part.paint(ellipse(p, q + 1.7 * size, size, 0.9 * size), t.colour("leaves")[:, w])
    edge = horizon + 0.03 * np.sin(1.7 * u[:, :1] + 2 * roll)
    meadow = t.colour("meadow")
    shade = 1.08 - 0.22 * np.clip(v - horizon, 0, 1)
    cover = canvas.cover(edge - v)
    for c in range(3):
        canvas.rgb[c] += cover * (meadow[c] * shade - canvas.rgb[c])


def _shadow(animal: Canvas, t: Traits) -> None:
    with animal.window(-1.0, 0.4, 1.0, 1.2) as part:
        ground = 0.8 * t.value("legs")
        part.paint(ellipse(part.u, part.v - ground, 0.75, 0.1), _SHADOW, 0.3, 0.1)


def _leg(part: Canvas, t: Traits, hip: float, swing: Array) -> Array:
    """From a hip, one bend, to a hoof; ``swing`` is how far forward the hoof is."""
    w = part.who
    hip_u = hip * t.value("length")[w]
    long = t.value("legs")[w]
    knee_u, knee_v = hip_u + 0.35 * swing + 0.03 * np.sign(hip), 0.46 * long
    upper = limb(part.u, part.v, hip_u, 0.08, knee_u, knee_v, 0.13, 0.065)
    lower = limb(part.u, part.v, knee_u, knee_v, hip_u + swing, 0.77 * long, 0.06, 0.052)
    return joined(upper, lower, 0.04)


def _far_legs(animal: Canvas, t: Traits) -> None:
    step, beat = 0.2 * t.value("step"), 0.16 * t.value("beat")
    for hip, swing in ((-0.36, -step + 0.06), (0.42, beat + 0.06)):
        with animal.window(hip - 0.6, -0.15, hip + 0.6, 1.05) as part:
            shape = _leg(part, t, hip, swing)
            part.paint(shape, t.colour("coat") * 0.72)
            _bands(part, t, shape)


def _near_legs(animal: Canvas, t: Traits) -> None:
    step, beat = 0.2 * t.value("step"), 0.16 * t.value("beat")
    for hip, swing in ((-0.46, step), (0.38, -beat)):
        with animal.window(hip - 0.6, -0.15, hip + 0.6, 1.05) as part:
            shape = _leg(part, t, hip, swing)
            part.paint(np.maximum(shape, 0.1 - part.v), t.colour("coat") * 0.95)
            _bands(part, t, np.maximum(shape, 0.2 - part.v))
            hoof = np.maximum(shape, 0.73 * t.value("legs") - part.v)
            part.paint(hoof, t.colour("stripe") + 0.1)


def _tail(animal: Canvas, t: Traits) -> None:
    with animal.window(-1.3, -0.4, -0.4, 0.8) as part:
        root = -0.62 * t.value("length")
        tip = root - 0.12 - t.value("tail")
        part.paint(limb(part.u, part.v, root, -0.1, tip, 0.36, 0.045, 0.075), t.colour("mane"))


def _trunk_shape(part: Canvas, t: Traits) -> Array:
    length, belly = t.value("length")[part.who], t.value("belly")[part.who]
    barrel = ellipse(part.u, part.v - 0.03, 0.56 * length, 0.26 * belly)
    rump = ellipse(part.u + 0.4 * length, part.v + 0.01, 0.28, 0.27)
    chest = ellipse(part.u - 0.38 * length, part.v - 0.01, 0.26, 0.27)
    return joined(joined(barrel, rump, 0.1), chest, 0.1)


def _trunk(animal: Canvas, t: Traits) -> None:
    with animal.window(-0.9, -0.45, 0.9, 0.5) as part:
        shape = _trunk_shape(part, t)
        part.paint(shape, t.colour("coat"))
        part.rgb *= 1 - np.clip(0.5 * part.v, 0, 0.16) * part.cover(shape)
        along = part.u + t.value("lean") * part.v + t.value("curve") * np.square(part.v)
        period = t.value("period")
        _stripe(part, t, shape, along + t.value("phase") * period, period)


def _neck_and_head(part: Canvas, t: Traits) -> None:
    angle = t.value("neck")
    length = t.value("length")
    base_u, base_v = 0.44 * length, -0.1 + 0.06 * (angle < 0)
    cos, sin = np.cos(angle), -np.sin(angle)
    poll_u, poll_v = base_u + 0.5 * cos, base_v + 0.5 * sin
    nose = np.where(angle > 0, -0.6, -0.9) + t.value("nod")
    nose_u, nose_v = poll_u + 0.3 * np.cos(nose), poll_v - 0.3 * np.sin(nose)
    u, v = part.u, part.v
    mane = limb(u, v, base_u - 0.14 * cos + 0.1 * sin, base_v - 0.14 * sin - 0.1 * cos,
                poll_u + 0.06 * sin, poll_v - 0.06 * cos, 0.07, 0.085)  # fmt: skip
    neck = limb(u, v, base_u - 0.1, base_v + 0.05, poll_u, poll_v, 0.22, 0.115)
    head = limb(u, v, poll_u, poll_v, nose_u, nose_v, 0.125, 0.085)
    ear = limb(u, v, poll_u - 0.01, poll_v - 0.08, poll_u - 0.05, poll_v - 0.21, 0.045, 0.02)
    part.paint(mane, t.colour("mane"))
    part.paint(ear, t.colour("coat") * 0.85)
    part.paint(joined(neck, head, 0.06), t.colour("coat"))
    along = (u - base_u) * cos + (v - base_v) * sin
    clear = np.maximum(neck, -along)  # the trunk has stripes of its own
    _stripe(part, t, clear, along, 0.8 * t.value("period"))
    muzzle = disc(u - nose_u, v - nose_v, 0.09)
    part.paint(np.maximum(muzzle, head), t.colour("mane") * 0.5 + 0.1)
    eye_u, eye_v = poll_u + 0.25 * (nose_u - poll_u), poll_v + 0.1 * (nose_v - poll_v) - 0.02
    eye = disc(u - eye_u, v - eye_v, 0.035)
    part.paint(eye, _EYE)


def _stripe(part: Canvas, t: Traits, within: Array, along: Array, period: Array) -> None:
    """Dark bars across the direction ``along``, inside a shape, where the animal is striped."""
    turn = along / period
    middle = np.abs(turn - np.floor(turn) - 0.5)  # 0 in the middle of a bar
    bar = (middle - t.value("duty") / 2) * period
    part.paint(np.maximum(bar, within), t.colour("stripe"), t.value("striped"))


def _bands(part: Canvas, t: Traits, shape: Array) -> None:
    lower = np.maximum(shape, 0.26 - part.v)
    _stripe(part, t, lower, part.v - 0.26, 0.7 * t.value("period"))


# -- what is known of them ------------------------------------------------------------------------


def read(train: bool, size: int) -> tuple[Tensor, Tensor]:
    """uint8 N×3×size×size and the number of each one's class."""
    t = traits(train)
    return draw(t, size or SIZE, _artist), torch.from_numpy(t["striped"].astype(np.int64))


def stripes(images: Tensor) -> Tensor:
    """How striped pictures are, from their pixels alone.

    In the logarithm of the luma, closing by a line of 9 px (of 64) fills the dark bars between
    lighter ones, opening cuts the light bars between darker ones (the two top-hats of mathematical
    morphology). Where both find much in the same place there are stripes; legs before grass are
    bars too, but of less contrast, as a ratio, than a stripe has.

    Args:
        images: uint8, N×3×S×S, S at least 32.

    Returns:
        float32, N, from 0; above :data:`STRIPED` for striped animals.
    """
    return torch.cat([_stripes(part) for part in images.split(512)])


_LINE = 9  # px: longer than a bar is wide
_PATCH = (9, 17)  # px: part of a trunk
_NOISE = 0.2  # contrasts below are no bars


def _stripes(images: Tensor) -> Tensor:
    luma = (images.float() * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, True)
    if luma.shape[2] < 64:
        luma = F.interpolate(luma, (64, 64), mode="bicubic", align_corners=False).clamp(0, 255)
    else:
        luma = F.interpolate(luma, (64, 64), mode="area")
    x = (_mean(luma / 255, (3, 1)) + 0.1).log()
    dark = (_closed(x) - x - _NOISE).clamp(min=0)
    light = (_closed(-x) + x - _NOISE).clamp(min=0)
    return torch.minimum(_mean(dark, _PATCH), _mean(light, _PATCH)).amax((1, 2, 3))


def _closed(x: Tensor) -> Tensor:
    half = _LINE // 2
    for sign in (1, -1):  # widen what is light, then what is dark
        padded = F.pad(sign * x, (half, half, 0, 0), mode="replicate")
        x = sign * F.max_pool2d(padded, (1, _LINE), stride=1)
    return x


def _mean(x: Tensor, window: tuple[int, int]) -> Tensor:
    down, across = window[0] // 2, window[1] // 2
    padded = F.pad(x, (across, across, down, down), mode="replicate")
    return F.avg_pool2d(padded, window, stride=1)
