"""Every curve of every preset is explained, with its present value."""

import pytest

from gan_lab.coach.meaning import _ANSWERS, meaning
from gan_lab.presets import preset, presets
from gan_lab.training.figures import figures
from tests.coach.evidence import columns_of, evidence


@pytest.mark.parametrize("name", list(presets()))
def test_every_curve_of_every_preset_is_explained(name: str):
    config = preset(name).config
    seen = evidence(config, dict.fromkeys(columns_of(config), 0.37), steps=20)
    for figure in figures(config):
        for curve in figure.curves:
            text = meaning(config, curve.column, seen)
            assert any(curve.column.startswith(start) for start, _ in _ANSWERS), curve.column
            assert "0.37" in text, curve.column
            assert meaning(config, curve.column)


def test_the_losses_are_held_against_where_they_rest():
    config = preset("quick").config
    won = evidence(config, {"loss/D": 0.05, "loss/G": 5.0}, steps=50)
    assert "far below its resting 1.39" in meaning(config, "loss/D", won)
    assert "above its resting 0.69" in meaning(config, "loss/G", won)
    rest = evidence(config, {"loss/D": 1.38, "loss/G": 0.7}, steps=50)
    assert "can only guess" in meaning(config, "loss/D", rest)


def test_a_critics_numbers_are_called_no_probabilities():
    config = preset("wgan-gp").config
    seen = evidence(config, {"loss/D": -3.0, "D(x)": 0.999}, steps=50)
    assert "no probability" in meaning(config, "D(x)", seen)
    assert "3.00" in meaning(config, "loss/D", seen)


def test_measures_are_explained_too():
    seen = evidence(measured={"js": [0.3, 0.2]}, steps=50)
    assert "0.20" in meaning(seen.config, "js", seen)


def test_what_there_is_not_is_refused():
    with pytest.raises(ValueError, match="no curve"):
        meaning(preset("quick").config, "loudness")
