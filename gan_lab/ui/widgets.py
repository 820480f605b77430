"""A widget for any parameter, derived from the schema. No second list of parameters."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from pathlib import PureWindowsPath
from typing import Any, TypedDict

import streamlit as st

from gan_lab.config import KNOBS, ConfigError, Knob, RunConfig, get, known, parse
from gan_lab.config.paths import OVERRIDES
from gan_lab.data import DRAWN
from gan_lab.ui.escape import plain

Change = Callable[[str, Any], None]

_SLIDER_INTS = 32  # a wider range of whole numbers is typed, not dragged
_SLIDER_FLOATS = 5.0
_LARGEST = 2**53 - 1  # that a browser counts exactly

_WORDS = {
    "lr": "Learning rate",
    "dim": "Size of z",
    "smooth_real": "One-sided label smoothing",
    "smooth_fake": "Two-sided smoothing (fakes)",
    "label_flip": "Flipped labels",
    "instance_noise_images": "Instance noise fades over",
    "adversarial": "Weight of D's verdict",
    "features": "Weight of feature matching",
    "auxiliary": "Weight of naming the class",
    "pixels": "Weight of the pixels",
    "vgg": "Weight of VGG19's features",
    "pixel_norm": "Pixels are compared by",
    "cycle": "Weight of coming back",
    "identity": "Weight of leaving alone",
    "pool": "Pool of past fakes",
    "scale": "Enlargement",
    "augment": "Augmentation",
    "augment_share": "Share that is augmented",
    "ada": "Adaptive augmentation (ADA)",
    "ada_target": "ADA: target",
    "ada_images": "ADA: from 0 to 1 over",
    "steps": "Moves a round",
    "name": "Optimiser",
    "beta1": "β1",
    "beta2": "β2",
    "beta2_first": "β2 at first",
    "beta2_images": "β2 moves over",
    "schedule_images": "Length of the schedule",
    "warmup_images": "Warm-up",
    "gp": "Gradient penalty (WGAN-GP)",
    "dragan": "Gradient penalty (DRAGAN)",
    "r1": "R1: γ, flat at real pictures",
    "r2": "R2: γ, flat at fakes",
    "gamma_end": "γ: share left at the end",
    "gamma_images": "γ falls over",
    "penalty_every": "Penalties every",
    "ema_images": "Averaged G: half-life",
    "ema_rampup": "Averaged G: ramp-up",
    "d_pretrain": "D trains alone first",
    "g_pretrain": "G trains alone first",
    "start_from": "Begin with the weights of",
    "grow_from": "Grows from",
    "stable_images": "Each size stays for",
    "fade_images": "A new size fades in over",
    "grow_reset": "Optimisers forget at a new size",
    "held_out": "Held out to measure with",
    "pairs": "Pairs A to B",
    "labels": "Players know the classes",
    "fc": "Fully connected layer",
    "attention": "Self-attention at",
    "norm": "Normalisation",
    "init": "First weights",
    "up": "How pictures double",
    "last_up": "How the last doubling is done",
    "down": "How pictures halve",
    "output": "Last activation",
    "minibatch": "Sees the whole batch by",
    "data.name": "Pictures",
    "data.fit": "How pictures become square",
    "data.background": "Colour of margins and behind what is transparent",
    "data.draft": "Read large JPEGs quickly",
    "latent.noise": "Latent noise",
}
"""Names for people where the field's own, with its underscores taken out, would not do."""


def label(knob: Knob) -> str:
    """What stands above a widget: name and unit."""
    name = knob.path.rsplit(".", 1)[-1]
    words = _WORDS.get(knob.path) or _WORDS.get(name)
    words = words or name.replace("_", " ").capitalize()
    return f"{words} ({knob.unit})" if knob.unit and knob.unit not in words.lower() else words


def whose(path: str) -> str:
    """Before a label: the role or the player, of what every player has, as "G: "; or ""."""
    parts = path.split(".")
    if path.startswith(OVERRIDES):
        return f"{parts[2]}: "
    return f"{parts[1].upper()}: " if parts[1] in ("g", "d") else ""


def name_of(path: str) -> str:
    """A parameter's name for people, such as "G: Learning rate"; the path itself where this
    version has no such parameter: a run's files may come from another one, or from anywhere."""
    try:
        return whose(path) + label(known(path))
    except ConfigError:
        return path


def told(value: Any) -> str:
    """A value in few words; of a value that no parameter has, its text."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        plain = all(isinstance(part, int) for part in value)
        return (", ".join(map(str, value)) if plain else f"{len(value)} layers") or "none"
    if isinstance(value, int | float):
        return _short(value)
    if str(value).startswith(f"{DRAWN}:"):
        return "your drawing"
    return (
        PureWindowsPath(str(value)).name or "none"
    )  # of a path its end; where it lies is nobody's


def why_not(knob: Knob, config: RunConfig) -> str:
    """Why a parameter has no effect in this configuration; "" if it has."""
    if knob.counts_in(config):
        return ""
    assert knob.when is not None
    path, values = knob.when
    choices = " or ".join(told(value) for value in values)
    return f"Counts only with {label(KNOBS[path])} = {choices}."


class Followed(TypedDict):
    """What a widget is drawn with: its key, and who hears of a new value."""

    key: str
    on_change: Callable[[], None]


def follow(key: str, value: Any, heard: Callable[[Any], object]) -> Followed:
    """Let the widget that is drawn next show ``value``; ``heard`` gets a new one.

    Give the widget ``value`` as its first one too: a browser that draws it anew (when a phone's
    side bar closes over the page) begins from that, and tells it as if somebody had chosen it.

    A browser may lag one page behind and tell old values along with its news: so what was shown
    last, or heard last, is no news. And if ``value`` is neither, because something else changed it,
    the widget is a new one, with a key of its own: the browser cannot have an old value for that.
    """
    editions = st.session_state.setdefault("editions", {})
    edition, known = editions.get(key, (0, value))
    if known != value:
        edition += 1
    editions[key] = (edition, value)
    name = f"{key}#{edition}" if edition else key
    if name not in st.session_state or st.session_state[name] != value:
        st.session_state[name] = value  # else the browser is left alone: it may be a step ahead
    last = value

    def on_change() -> None:
        nonlocal last
        now = st.session_state[name]
        if now is None or now == last:
            return
        last = now
        editions[key] = (edition, now)
        heard(now)

    return Followed(key=name, on_change=on_change)


def widget(
    knob: Knob, config: RunConfig, change: Change, *, key: str = "", prefix: str = "",
    disabled: bool = False,
) -> None:  # fmt: skip
    """Draw one parameter as it is in ``config``; ``change(path, value)`` hears of a new value.

    The widget follows ``config`` in every run of the script: a change that was refused, or made
    elsewhere, shows at once. Nothing is drawn for a list of layers, which has an editor of its own.

    Args:
        key: tells two widgets of the same parameter apart.
        prefix: before the label, such as "G: ".
    """
    if knob.kind == "layers":
        return
    why = why_not(knob, config)
    key = f"knob:{key}:{knob.path}"
    common: dict[str, Any] = {
        "label": prefix + label(knob),
        "help": f"{knob.help} {why}".strip(),
        "disabled": disabled or bool(why),
    }
    value = get(config, knob.path)

    def heard(raw: Any) -> None:
        change(knob.path, raw)

    match _form(knob):
        case "toggle":
            st.toggle(value=value, **common, **follow(key, value, heard))
        case "choice":
            st.selectbox(
                options=knob.choices, index=knob.choices.index(value), **common,
                **follow(key, value, heard), filter_mode=None,
            )  # fmt: skip
        case "log":
            options = _with(steps_of(knob), value)
            st.select_slider(
                options=options,
                value=value,
                format_func=_short,
                **common,
                **follow(key, value, heard),
            )
        case "slider" | "number" as form:
            low, high, step = _range(knob)
            exact = float if knob.kind == "float" else int
            shown = exact(min(max(value, low), high))
            draw = st.slider if form == "slider" else st.number_input
            common |= {"min_value": low, "max_value": high, "step": step}
            if exact is float:
                common["format"] = _format(step) if form == "slider" else "%g"
            draw(value=shown, **common, **follow(key, shown, lambda raw: heard(exact(raw))))
        case _:
            _text(knob, value, key, common, change)


def _text(knob: Knob, value: Any, key: str, common: dict[str, Any], change: Change) -> None:
    """Whole numbers in a row, or words; nonsense stays in its box with a sentence below."""
    written = ", ".join(map(str, value)) if knob.kind == "ints" else str(value)
    shown, why = st.session_state.pop(key + ":wrong", (written, ""))

    def heard(raw: str) -> None:
        try:
            change(knob.path, parse(knob.path, raw))
        except ConfigError as error:
            st.session_state[key + ":wrong"] = (raw, str(error))

    st.text_input(value=shown, **common, **follow(key, shown, heard))
    if why:
        st.error(plain(why))


def _form(knob: Knob) -> str:
    if knob.kind == "bool":
        return "toggle"
    if knob.kind == "choice":
        return "choice"
    if knob.kind in ("text", "ints"):
        return "text"
    if knob.log:
        return "log"
    low, high = knob.low or 0, knob.high if knob.high is not None else math.inf
    reach = _SLIDER_FLOATS if knob.kind == "float" else _SLIDER_INTS
    return "slider" if high - low <= reach else "number"


def _range(knob: Knob) -> tuple[Any, Any, Any]:
    """Lowest and highest value and the step, all of the knob's own type."""
    low = knob.low if knob.low is not None else -_LARGEST
    high = knob.high if knob.high is not None else _LARGEST
    if knob.kind == "int":
        return int(low), int(min(high, _LARGEST)), 1
    # memories such as β2 live close below 1
    step = 0.001 if knob.high_open else 0.01 if high <= 2 else 0.1
    return (
        round(low + step * knob.low_open, 6),
        round(high - step * knob.high_open, 6),
        step,
    )


@cache
def steps_of(knob: Knob) -> tuple[Any, ...]:
    """Sensible values of a logarithmic parameter: 1, 2, 5 of each decade; powers of two for sizes.

    Where 0 is allowed it comes first.
    """
    low, high = float(knob.low or 0), float(knob.high or 1)
    exact: type[int | float] = int if knob.kind == "int" else float
    values = [exact(0)] if knob.low == 0 and not knob.low_open else []
    if knob.kind == "int" and high <= 10_000:
        values += [2**n for n in range(15) if max(low, 1) <= 2**n <= high]
    else:
        first = math.floor(math.log10(low)) if low > 0 else -6 if knob.kind == "float" else 0
        for decade in range(first, math.floor(math.log10(high)) + 1):
            values += [exact(float(f"{digit}e{decade}")) for digit in (1, 2, 5)]
    return tuple(v for v in values if low <= v <= high)


def _with(values: tuple[Any, ...], value: Any) -> list[Any]:
    """The present value must be among the choices, even if it is none of the round ones."""
    return sorted({*values, value})


def _short(value: float) -> str:
    """0.0002 as 2e-4, 1000000 as 1,000,000."""
    if isinstance(value, int) or value == 0 or value >= 0.01:
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"
    digits, exponent = f"{value:.6e}".split("e")
    return f"{float(digits):g}e{int(exponent)}"


def _format(step: float) -> str:
    return {0.001: "%.3f", 0.01: "%.2f"}.get(step, "%.1f")
