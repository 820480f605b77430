"""Opening and decoding of image files, without PyTorch, so that worker processes start quickly.

``open_image`` is the only way to open an image file. ``workers`` decodes files that come from
outside, in worker processes with limits of time and memory (``gan_lab.sandbox``).
"""

from gan_lab.images.headers import Unreadable
from gan_lab.images.opening import FORMATS, MAX_FILE_BYTES, MAX_PIXELS, STORED, open_image

__all__ = ["FORMATS", "MAX_FILE_BYTES", "MAX_PIXELS", "STORED", "Unreadable", "open_image"]
