"""Three accents that everybody can tell apart, on both themes, and from what can be pressed."""

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from gan_lab.colours import COLOURS

# Machado, Oliveira, Fernandes 2009, table 1, severity 1.0; for linear RGB
SEEN = {
    "by most": np.eye(3),
    "without long cones (protanopia)": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "without medium cones (deuteranopia)": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "without short cones (tritanopia)": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
APART = {"without short cones (tritanopia)": 10.0}  # one person in many thousands
FAR = 20.0  # ΔE of CIEDE2000; what is next to one another differs visibly from about 2 on
NEAR = 15.0
THEMES = tomllib.loads(
    (Path(__file__).parent.parent / ".streamlit" / "config.toml").read_text("utf-8")
)["theme"]


def rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0


def linear(colour: str) -> np.ndarray:
    c = rgb(colour)
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def seen(colour: str, how: str) -> np.ndarray:
    c = np.clip(np.asarray(SEEN[how]) @ linear(colour), 0.0, 1.0)
    return rgb2lab(np.where(c <= 0.0031308, 12.92 * c, 1.055 * c ** (1 / 2.4) - 0.055))


def contrast(a: str, b: str) -> float:
    """As WCAG 2 has it, from 1 to 21."""
    dark, light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (a, b))
    return (light + 0.05) / (dark + 0.05)


def test_the_measures_agree_with_known_values():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)  # WCAG's own example
    red, green = "#C03030", "#5F7A1F"
    far, near = (
        float(deltaE_ciede2000(seen(red, how), seen(green, how)))
        for how in ("by most", "without medium cones (deuteranopia)")
    )
    assert far > 45 and near < far / 2  # the well-known trap would be found


@pytest.mark.parametrize("how", SEEN)
@pytest.mark.parametrize(("a", "b"), list(itertools.combinations(COLOURS, 2)))
def test_accents_are_apart(a, b, how):
    apart = deltaE_ciede2000(seen(COLOURS[a], how), seen(COLOURS[b], how))
    assert apart > APART.get(how, FAR)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("accent", COLOURS)
def test_lines_stand_out_from_every_background(accent, theme):
    for background in ("backgroundColor", "secondaryBackgroundColor"):
        assert contrast(COLOURS[accent], THEMES[theme][background]) > 3.0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_can_be_pressed_is_of_no_player(theme):
    pressed = THEMES[theme]["primaryColor"]
    for accent in COLOURS.values():
        assert deltaE_ciede2000(seen(pressed, "by most"), seen(accent, "by most")) > NEAR
    assert contrast(pressed, THEMES[theme]["backgroundColor"]) > 3.0
    words = "#FFFFFF" if theme == "light" else "#121212"  # the browser's own Canvas
    assert contrast(pressed, words) > 4.5
