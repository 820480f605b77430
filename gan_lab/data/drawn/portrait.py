"""A portrait from the traits of a face.

The coordinates of a head: its middle is the origin, its chin at v = 1, an ear at u = ±.8.
"""

from __future__ import annotations

import numpy as np

from gan_lab.data.drawn.canvas import Array, Canvas, bow, box, disc, ellipse, joined, limb
from gan_lab.data.drawn.traits import Traits, colours

# the hairline of each style: how high, how slanted, how arched; height and number of its waves
_FRINGE = np.array([
    (0, 0, 0, 0, 0), (0.48, 0, 0, 0.05, 9), (0.38, 0.42, 0, 0, 0), (0.36, 0, -0.1, 0, 0),
    (0.5, 0, -0.9, 0, 0), (0.44, 0, 0, 0.06, 12), (0.58, 0, -0.35, 0, 0),
], np.float32)  # fmt: skip
_WHITE, _INK, _MOUTH, _LIPS, _LENS = (
    one.astype(np.float32).reshape(3, 1, 1, 1)
    for one in colours("ffffff", "171717", "6d2028", "b8504c", "d9edff")
)


def portrait(canvas: Canvas, t: Traits) -> None:
    """One face a picture, from back to front; ``t`` as of ``faces.traits``."""
    _wall(canvas, t)
    scale = 0.59 * t.value("scale")
    head = canvas.framed(t.value("u"), t.value("v") + 0.04, t.value("tilt"), scale, scale)
    body = canvas.framed(0.6 * t.value("u"), t.value("v") + 0.04, 0.0, scale, scale)
    _hair_behind(head, t)
    _body(body, t)
    _head(head, t)
    _mouth(head, t)
    _beard(head, t)
    _eyes(head, t)
    _hair_before(head, t)
    _hat(head, t)
    _glasses(head, t)


def _wall(canvas: Canvas, t: Traits) -> None:
    shade = 1.04 - 0.1 * canvas.v[:1] + 0.05 * t.value("light") * canvas.u[:1]
    canvas.rgb += t.colour("wall_rgb") * shade


def _hair_behind(head: Canvas, t: Traits) -> None:
    dark = t.colour("hair_rgb") * 0.8
    hats = t["hat"] > 0
    for style, bottom, wide in ((3, 0.75, 1.0), (4, 1.7, 1.05)):
        with head.window(-1.2, -1.3, 1.2, 1.9, t["hair"] == style) as part:
            top = ellipse(part.u, part.v + 0.15, wide, 1.05)
            fall = box(part.u, part.v - (bottom - 0.2) / 2, wide, (bottom + 0.2) / 2, 0.3)
            part.paint(joined(top, fall, 0.2), dark[:, part.who])
    with head.window(-1.4, -1.5, 1.4, 0.7, (t["hair"] == 5) & ~hats) as part:
        part.paint(_curls(part.u, part.v), dark[:, part.who])
    with head.window(-0.6, -1.8, 0.6, -0.8, (t["hair"] == 6) & ~hats) as part:
        part.paint(ellipse(part.u, part.v + 1.28, 0.4, 0.36), dark[:, part.who])


def _curls(u: Array, v: Array) -> Array:
    """A round head of hair with a wavy outline."""
    angle = np.arctan2(v + 0.3, u)
    return ellipse(u, v + 0.3, 1.08, 1.0) - 0.07 * np.cos(11 * angle)


def _body(body: Canvas, t: Traits) -> None:
    with body.window(-2.6, 0.6, 2.6, 3.2) as part:
        neck = box(part.u, part.v - 1.1, 0.36, 0.5, 0.1)
        part.paint(neck, t.colour("skin_rgb") * 0.86)
        shoulders = ellipse(part.u, part.v - 2.35, 1.5 * t.value("width"), 1.1)
        collar = ellipse(part.u, part.v - 1.22, 0.44, 0.3)
        part.paint(np.maximum(shoulders, -collar), t.colour("shirt_rgb"))


def _head(head: Canvas, t: Traits) -> None:
    width = t.value("width")
    skin, line = t.colour("skin_rgb"), t.colour("line_rgb")
    with head.window(-1.1, -1.1, 1.1, 1.1) as part:
        u, v = part.u, part.v
        side = np.abs(u)
        part.paint(ellipse(side - 0.8 * width, v - 0.08, 0.15, 0.22), skin * 0.93)
        skull, jaw = ellipse(u, v + 0.2, 0.8 * width, 0.78), ellipse(u, v - 0.3, 0.66 * width, 0.7)
        face = joined(skull, jaw, 0.3)
        part.paint(face, skin)
        # a soft shadow on the side that is turned from the light
        shadow = np.clip(0.5 * u * t.value("light"), 0, 0.22) * part.cover(face)
        part.rgb *= 1 - shadow
        blush = np.clip(1 - ellipse(side - 0.46, v - 0.38, 0.2, 0.16) * 4 - 0.8, 0, 1)
        part.rgb[1:] *= 1 - 0.16 * blush * t.value("blush") * part.cover(face)
    with head.window(-0.3, -0.1, 0.3, 0.5) as part:
        part.paint(bow(part.u, part.v - 0.3, 0.13, 0.07, 0.035), line, 0.8)
        part.paint(limb(part.u, part.v, 0.02, 0.0, 0.08, 0.27, 0.02, 0.035), line, 0.35)


def _mouth(head: Canvas, t: Traits) -> None:
    smile, opened, width = t.value("smile"), t.value("open"), t.value("width")
    half = (0.27 + 0.11 * np.clip(smile, 0, 1)) * width
    bend = 0.2 * smile
    with head.window(-0.6, 0.3, 0.6, 0.95) as part:
        u, v = part.u, part.v - 0.6 + 0.07 * smile
        shut = bow(u, v, half, bend, 0.04)
        part.paint(shut, _INK * 2 + 0.4 * t.colour("line_rgb"), (opened == 0).astype(np.float32))
    with head.window(-0.6, 0.3, 0.6, 0.98, t["open"] > 0) as part:
        who = part.who
        u, v = part.u, part.v - 0.58 + 0.07 * smile[who]
        grin = np.clip(smile[who] * 2, 0, 1)  # from a round mouth to a laughing one
        drop = 0.1 + 0.14 * opened[who]
        circle = ellipse(u, v - 0.02, 0.15 + 0.03 * opened[who], drop * 0.85)
        upper = v - bend[who] * 0.35 * (1 - np.square(u / half[who]))
        laugh = np.maximum(ellipse(u, v - 0.02, half[who] * 0.95, drop + 0.1), -upper)
        lips = circle + grin * (laugh - circle)
        part.paint(lips - 0.03, _LIPS)
        part.paint(lips + 0.02, _MOUTH)
        teeth = np.maximum(lips + 0.03, np.abs(upper - 0.04) - 0.055)
        part.paint(teeth, _WHITE * 0.97, grin)


def _beard(head: Canvas, t: Traits) -> None:
    hair, width = t.colour("hair_rgb"), t.value("width")
    with head.window(-0.95, 0.0, 0.95, 1.2, t["beard"] == 2) as part:
        w = width[part.who]
        jaw = ellipse(part.u, part.v - 0.32, 0.68 * w, 0.74)
        cheeks = ellipse(part.u, part.v - 0.1, 0.62 * w, 0.38)
        lips = ellipse(part.u, part.v - 0.62, 0.36 * w, 0.2)
        shape = np.maximum(np.maximum(jaw, -cheeks), -lips)
        part.paint(np.maximum(shape, 0.12 - part.v), hair[:, part.who] * 0.92)
    with head.window(-0.5, 0.3, 0.5, 0.65, t["beard"] > 0) as part:
        raised = 0.05 * t.value("smile")[part.who]
        shape = bow(part.u, part.v - 0.49 + raised, 0.3, -0.07, 0.055)
        part.paint(shape, hair[:, part.who] * 0.92)


def _eyes(head: Canvas, t: Traits) -> None:
    gaze, brows = 0.07 * t.value("gaze"), t.value("brows")
    with head.window(-0.65, -0.5, 0.65, 0.2) as part:
        side = np.abs(part.u) - 0.34
        v = part.v + 0.08
        white = ellipse(side, v, 0.175, 0.125)
        part.paint(white - 0.02, t.colour("line_rgb"), 0.7)
        part.paint(white, _WHITE * 0.98)
        # both eyes look the same way, so here the sides are not alike
        iris = disc(side - gaze * np.sign(part.u), v, 0.1)
        part.paint(np.maximum(iris, white), t.colour("eye_rgb"))
        part.paint(np.maximum(iris + 0.048, white), _INK * 0.5)
        part.paint(bow(side, v + 0.06, 0.19, -0.1, 0.022), _INK)
        lift = 0.25 + 0.05 * brows
        colour = 0.75 * np.minimum(t.colour("hair_rgb"), t.colour("line_rgb") * 1.1)
        slant = side * 0.2 * np.minimum(brows, 0)  # low brows frown
        part.paint(bow(side, v + lift - slant, 0.2, -0.05, 0.04), colour)


def _hair_before(head: Canvas, t: Traits) -> None:
    hair, width = t.colour("hair_rgb"), t.value("width")
    style = t["hair"]
    with head.window(-1.15, -1.35, 1.15, 0.4, style > 0) as part:
        who, u, v = part.who, part.u, part.v
        w = width[who]
        kind = style[who][:, None, None]
        puff = np.isin(kind, (2, 5)) * 0.06
        cap = ellipse(u, v + 0.24, 0.84 * w + puff, 0.86 + puff)
        low, slant, arch, waves, often = _FRINGE[style[who]].T[..., None, None]
        fringe = v + low + u * (slant + u * arch) + waves * np.cos(often * u)
        # hair also runs down in front of the ears
        temples = np.maximum(0.66 * w - np.abs(u), v - np.where(kind > 2, 0.3, 0.02))
        part.paint(np.maximum(cap, np.minimum(fringe, temples)), hair[:, who])
        shine = np.clip(0.09 - np.abs(disc(u + 0.15, v + 0.1, 0.78)), 0, 0.05) * 3
        part.rgb += shine * part.cover(np.maximum(cap, fringe)) * (v < -0.4)


def _hat(head: Canvas, t: Traits) -> None:
    colour, width = t.colour("hat_rgb"), t.value("width")
    with head.window(-1.3, -1.6, 1.3, -0.2, t["hat"] == 1) as part:
        w = width[part.who]
        dome = np.maximum(ellipse(part.u, part.v + 0.4, 0.9 * w, 0.85), part.v + 0.4)
        part.paint(dome, colour[:, part.who])
        part.paint(box(part.u, part.v + 0.48, 0.93 * w, 0.13, 0.1), colour[:, part.who] * 0.8)
        part.paint(ellipse(part.u, part.v + 1.28, 0.16, 0.16), colour[:, part.who] * 0.8)
    with head.window(-1.5, -1.4, 1.5, -0.2, t["hat"] == 2) as part:
        w = width[part.who]
        dome = np.maximum(ellipse(part.u, part.v + 0.42, 0.88 * w, 0.72), part.v + 0.45)
        part.paint(dome, colour[:, part.who])
        part.paint(bow(part.u, part.v + 0.42, 0.98 * w, -0.1, 0.07), colour[:, part.who] * 0.7)


def _glasses(head: Canvas, t: Traits) -> None:
    frame, rounded = t.colour("frame_rgb"), t.value("round_glasses")
    with head.window(-1.0, -0.45, 1.0, 0.32, t["glasses"]) as part:
        who = part.who
        side, v = np.abs(part.u) - 0.35, part.v + 0.06
        circle, square = disc(side, v, 0.25), box(side, v, 0.27, 0.2, 0.07)
        rim = np.where(rounded[who] > 0, circle, square)
        part.paint(rim, _LENS, 0.16)
        bridge = bow(part.u, v + 0.03, 0.12, -0.04, 0.03)
        arms = box(np.abs(part.u) - 0.7, v + 0.05, 0.12, 0.03)
        lines = np.minimum(np.minimum(np.abs(rim) - 0.04, bridge), arms)
        part.paint(lines, frame[:, who])
