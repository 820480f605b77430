"""Inception by way of a package that stands in for torch-fidelity; nothing is downloaded."""

import importlib.machinery
import sys
import types

import pytest
import torch

from gan_lab.metrics import inception

GREY = torch.arange(40, dtype=torch.uint8).view(40, 1, 1, 1).expand(40, 1, 8, 8)


@pytest.fixture
def package(monkeypatch, tmp_path):
    class Network:
        def __init__(self, name, wanted, feature_extractor_weights_path):
            assert wanted == ["2048"] and feature_extractor_weights_path
            torch.rand(1)

        def __call__(self, x):
            assert x.dtype == torch.uint8 and x.shape[1] == 3
            return (x.float().mean((1, 2, 3)).view(-1, 1).expand(-1, 2048),)

    top = types.ModuleType("torch_fidelity")
    top.__spec__ = importlib.machinery.ModuleSpec("torch_fidelity", None)
    part = types.ModuleType("torch_fidelity.feature_extractor_inceptionv3")
    part.FeatureExtractorInceptionV3 = Network
    monkeypatch.setitem(sys.modules, top.__name__, top)
    monkeypatch.setitem(sys.modules, part.__name__, part)
    path = tmp_path / "weights.pth"
    monkeypatch.setenv("GANLAB_INCEPTION", str(path))
    inception._network.cache_clear()
    yield path
    inception._network.cache_clear()


def test_grey_pictures_are_shown_to_three_channels(package):
    torch.save({"fc.bias": torch.zeros(2)}, package)
    state = torch.random.get_rng_state()
    found = inception.features(GREY)
    assert found.shape == (40, 2048) and found[:, 0].tolist() == list(range(40))
    assert torch.equal(torch.random.get_rng_state(), state)


def test_missing_weights_are_named(package):
    assert str(package) in inception.why_not()
    with pytest.raises(inception.Missing, match="download"):
        inception.features(GREY)


def test_weights_that_would_run_code_are_refused(package):
    import pickle

    package.write_bytes(pickle.dumps(pytest.fail))
    with pytest.raises(inception.Missing, match="no weights"):
        inception.features(GREY)


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda *_: None)
    assert "requirements-fidelity.txt" in inception.why_not()


def test_other_pictures_are_refused():
    with pytest.raises(ValueError, match="uint8"):
        inception.features(GREY.float())
