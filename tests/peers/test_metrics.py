"""Measures against closed forms, against other implementations, and on real pictures."""

from functools import partial

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.linalg import sqrtm
from scipy.signal import convolve2d
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors

from gan_lab.config import Data
from gan_lab.data import DataError, load
from gan_lab.metrics import Balls, frechet, likeness, manifold, mmd, ms_ssim, swd
from gan_lab.metrics.ms_ssim import WEIGHTS

SEEDS = range(5)


def normal(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


# -- Frechet -----------------------------------------------------------------------------------


def sample_of(mean: torch.Tensor, covariance: torch.Tensor, n: int, seed: int) -> torch.Tensor:
    """n points whose own mean and covariance are these, not just on average."""
    x = normal(n, len(mean), seed=seed)
    x = x - x.mean(0)
    white = torch.linalg.solve_triangular(torch.linalg.cholesky(torch.cov(x.T)), x.T, upper=False)
    return mean + (torch.linalg.cholesky(covariance) @ white).T


def test_frechet_of_round_gaussians_is_its_closed_form():
    # independent features: Σ (μ - ν)² + (σ - τ)²
    mu, nu = normal(6, seed=1), normal(6, seed=2)
    sigma, tau = (normal(6, seed=s).abs() + 0.1 for s in (3, 4))
    a, b = sample_of(mu, (sigma**2).diag(), 50, 5), sample_of(nu, (tau**2).diag(), 70, 6)
    closed = float((mu - nu).square().sum() + (sigma - tau).square().sum())
    assert frechet(a, b) == pytest.approx(closed, abs=1e-6)


def test_frechet_of_slanted_gaussians_is_its_closed_form():
    mu, nu = normal(5, seed=1), normal(5, seed=2)
    first, second = (m @ m.T + 0.1 * torch.eye(5) for m in (normal(5, 5, seed=3), normal(5, 5)))
    root = sqrtm((first @ second).numpy()).real
    closed = float((mu - nu).square().sum() + first.trace() + second.trace()) - 2 * np.trace(root)
    found = frechet(sample_of(mu, first, 40, 5), sample_of(nu, second, 60, 6))
    assert found == pytest.approx(closed, abs=1e-6)


# -- kernel distance ---------------------------------------------------------------------------


def test_mmd_is_what_scikit_learns_kernel_makes_of_it():
    a, b = normal(30, 7).numpy(), normal(40, 7, seed=1).numpy() + 0.3
    kernel = partial(polynomial_kernel, degree=3, gamma=None, coef0=1)
    within = [k[~np.eye(len(k), dtype=bool)].mean() for k in (kernel(a), kernel(b))]
    expected = sum(within) - 2 * kernel(a, b).mean()
    assert mmd(torch.from_numpy(a), torch.from_numpy(b)) == pytest.approx(expected, abs=1e-9)


# -- manifold ----------------------------------------------------------------------------------


def radii(x: np.ndarray, k: int) -> np.ndarray:
    return NearestNeighbors(n_neighbors=k).fit(x).kneighbors()[0][:, -1]


def by_neighbours(real: np.ndarray, fake: np.ndarray, narrow: int, wide: int) -> tuple[float, ...]:
    """Each measure in the words of its paper, one ball after another."""
    between = np.linalg.norm(real[:, None] - fake, axis=2)
    of_real, of_fake, of_wide = radii(real, narrow), radii(fake, narrow), radii(real, wide)
    precision = np.mean([any(between[:, j] <= of_real) for j in range(len(fake))])
    recall = np.mean([any(between[i] <= of_fake) for i in range(len(real))])
    density = np.mean([sum(between[:, j] <= of_wide) / wide for j in range(len(fake))])
    coverage = np.mean([any(between[i] <= of_wide[i]) for i in range(len(real))])
    return precision, recall, density, coverage


CLOUDS = [(n, m, f, spread, seed) for seed, (n, m, f, spread) in enumerate(
    [(100, 80, 2, 1.0), (60, 150, 16, 0.8), (200, 200, 64, 1.2), (50, 50, 3, 3.0)])]  # fmt: skip


@pytest.mark.parametrize(("n", "m", "f", "spread", "seed"), CLOUDS)
def test_manifold_is_what_scikit_learns_neighbours_make_of_it(n, m, f, spread, seed):
    real, fake = normal(n, f, seed=seed), spread * normal(m, f, seed=seed + 50) + 0.2
    expected = by_neighbours(real.numpy(), fake.numpy(), 3, 5)
    np.testing.assert_allclose(manifold(real, fake), expected, atol=1e-6)


@pytest.mark.parametrize(("n", "m", "f", "spread", "seed"), CLOUDS)
def test_manifold_is_that_of_its_authors(n, m, f, spread, seed, capsys):
    prdc = pytest.importorskip("prdc")
    real, fake = normal(n, f, seed=seed), spread * normal(m, f, seed=seed + 50) + 0.2
    theirs = prdc.compute_prdc(real.numpy(), fake.numpy(), nearest_k=4)
    ours = manifold(Balls.around(real, 4, 4), fake)
    assert ours._asdict() == pytest.approx(theirs, abs=1e-6)


# -- MS-SSIM -----------------------------------------------------------------------------------


def by_convolution(a: np.ndarray, b: np.ndarray) -> float:
    """MS-SSIM of two grey pictures, float H×W, with the whole two-dimensional window."""
    places = np.arange(11) - 5
    window = np.exp(-(places[:, None] ** 2 + places**2) / (2 * 1.5**2))
    window /= window.sum()
    blur = partial(convolve2d, in2=window, mode="valid")
    count = next(c for c in range(5, 0, -1) if min(a.shape) // 2 ** (c - 1) >= 11)
    weights = np.array(WEIGHTS[:count]) / sum(WEIGHTS[:count])
    found = 1.0
    for scale, weight in enumerate(weights):
        x, y = blur(a), blur(b)
        pattern = (2 * (blur(a * b) - x * y) + 58.5225) / (
            blur(a * a) - x * x + blur(b * b) - y * y + 58.5225
        )
        light = (2 * x * y + 6.5025) / (x * x + y * y + 6.5025)
        found *= np.mean(pattern * light if scale == count - 1 else pattern) ** weight
        a, b = (
            v[: len(v) // 2 * 2, : v.shape[1] // 2 * 2]
            .reshape(len(v) // 2, 2, v.shape[1] // 2, 2)
            .mean((1, 3))
            for v in (a, b)
        )
    return float(found)


@pytest.mark.parametrize("size", [16, 28, 65, 180])
@pytest.mark.parametrize("channels", [1, 3])
def test_ms_ssim_is_that_of_whole_windows(digits, size, channels):
    x = F.interpolate(digits.images[: 4 * channels].float(), size, mode="bilinear")
    x = x.reshape(4, channels, size, size)
    strength = torch.linspace(5, 60, 4).view(4, 1, 1, 1)
    a, b = x.byte(), (x + strength * normal(*x.shape).float()).clamp(0, 255).byte()
    expected = [
        np.mean([by_convolution(p, q) for p, q in zip(i, j, strict=True)])
        for i, j in zip(a.double().numpy(), b.double().numpy(), strict=True)
    ]
    assert min(expected) > 0
    np.testing.assert_allclose(ms_ssim(a, b), expected, atol=1e-9)


# -- on real pictures --------------------------------------------------------------------------


@pytest.fixture(params=["digits", "mnist"])
def real(request):
    try:
        return load(Data(name=request.param, size=0))
    except DataError as missing:
        pytest.skip(str(missing))


def blurred(images: torch.Tensor, share: float) -> torch.Tensor:
    """``share`` of the way to the mean of every 3×3 px."""
    x = images.float()
    mean = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), 3, 1)
    return (x + share * (mean - x)).round().byte()


def noisy(images: torch.Tensor, sigma: float, seed: int) -> torch.Tensor:
    return (images + sigma * normal(*images.shape, seed=seed)).round().clamp(0, 255).byte()


def halves(real, seed: int, n: int = 500):
    """Two sets of different real pictures, and of one its labels too."""
    order = torch.randperm(len(real), generator=torch.Generator().manual_seed(seed))
    first, second = order[:n], order[n : 2 * n]
    return real.images[first], real.images[second], real.labels[second]


def only(images, labels, classes: int, seed: int):
    """As many pictures, but of ``classes`` classes alone."""
    kept = images[labels < classes]
    places = torch.randint(len(kept), (len(images),), generator=torch.Generator().manual_seed(seed))
    return kept[places]


@pytest.mark.parametrize("seed", SEEDS)
def test_swd_grows_from_its_floor_with_every_harm(real, seed):
    first, second, labels = halves(real, seed)
    far = partial(swd, first, seed=seed)
    floor = far(second).mean
    blur = [far(blurred(second, share)).mean for share in (0.4, 0.7, 1.0)]
    noise = [far(noisy(second, sigma, seed)).mean for sigma in (40, 75, 120)]
    modes = [far(only(second, labels, classes, seed)).mean for classes in (6, 3, 1)]
    print(f"{real.name} n=500 floor {floor:.1f}, blur {blur}, noise {noise}, modes {modes}")
    for harm in (blur, noise, modes):
        assert floor < harm[0] < harm[1] < harm[2]
    # a light blur, loud noise, one class of ten
    assert floor < blur[0] < noise[2] < modes[2]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_floor_is_what_sets_of_one_kind_have(real, seed):
    first, second, _ = halves(real, seed)
    flat = first.flatten(1).float()
    found = manifold(flat, second.flatten(1).float())
    assert min(found.precision, found.recall, found.coverage) > 0.6
    assert found.density == pytest.approx(1, abs=0.15)
    assert likeness(first, 400) == pytest.approx(likeness(second, 400), abs=0.04)
