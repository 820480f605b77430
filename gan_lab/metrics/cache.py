"""Where what can be computed again is kept between sessions."""

from gan_lab.data.files import cache_root

__all__ = ["cache_root"]
