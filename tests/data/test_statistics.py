"""What a set is like as a whole, against counts made another way."""

import numpy as np
import torch

from gan_lab.config import Data
from gan_lab.data import Pictures, load
from gan_lab.data.statistics import BINS, balance, intensities, mean_pictures


def test_classes_are_counted_also_those_without_pictures():
    images = torch.zeros(4, 1, 8, 8, dtype=torch.uint8)
    some = Pictures("x", images, torch.tensor([0, 2, 2, 2]), ("a", "b", "c"))
    assert balance(some) == {"a": 1, "b": 0, "c": 3}
    assert balance(Pictures("x", images)) == {}


def test_intensities_are_numpys_histogram_channel_by_channel():
    images = torch.randint(256, (5000, 3, 8, 8), dtype=torch.uint8)
    images[:, 1] = 255
    shares = intensities(images)
    assert shares.shape == (3, BINS)
    for channel in range(3):
        values = images[:, channel].numpy().ravel()
        counts, _ = np.histogram(values, bins=BINS, range=(0, 256))
        np.testing.assert_allclose(shares[channel].numpy(), counts / values.size)
    assert shares[1, -1] == 1.0


def test_mean_pictures_are_those_of_each_class():
    digits = load(Data(name="digits"))
    assert digits.labels is not None
    means, names = mean_pictures(digits, 3)
    assert names == ["0", "1", "2"] and means.shape == (3, 1, 8, 8)
    wanted = digits.images[digits.labels == 2].float().mean(0).round()
    assert torch.equal(means[2].float(), wanted)
    means, names = mean_pictures(Pictures("x", digits.images), 3)
    assert len(means) == len(names) == 1
