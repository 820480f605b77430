"""Whose the named sets are, as far as their makers say."""

from __future__ import annotations

from gan_lab.config import Data
from gan_lab.config.plugins import DATA, offered
from gan_lab.data import NAMED, PLANES, split_name

_OF_US = "drawn by this program; nobody else has rights in it"
_OF_A_PACKAGE = "offered by a package that is installed here; ask its makers"
_MNIST = "Y. LeCun and C. Cortes; CC BY-SA 3.0 as commonly stated"
LICENCES: dict[str, str] = {
    "digits": "E. Alpaydin and C. Kaynak, UCI (by scikit-learn); CC BY 4.0",
    "mnist": _MNIST,
    "stacked-mnist": f"made of MNIST: {_MNIST}",
    "fashion": "Zalando Research; MIT",
    "kmnist": "ROIS-DS Center for Open Data in the Humanities, after NIJL and others; CC BY-SA 4.0",
    "cifar10": "A. Krizhevsky, V. Nair and G. Hinton; no licence is stated",
    "svhn": "Y. Netzer and others; for non-commercial use only",
    "celeba": "Multimedia Laboratory, CUHK; for non-commercial research only, not to be passed on",
}


def licence(data: Data) -> str:
    """A few words; of own pictures nothing is known."""
    name = split_name(data.name)[0]
    if name in LICENCES:
        return LICENCES[name]
    if name in offered(DATA):
        return _OF_A_PACKAGE
    if name in PLANES or name in NAMED:
        return _OF_US
    return "own pictures; whoever publishes the model must know whose they are"
