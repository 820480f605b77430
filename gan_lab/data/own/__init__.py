"""Own pictures: a folder, a zip or several files, read once into one tensor."""

from gan_lab.data.own.advice import Tip, advice
from gan_lab.data.own.intake import SIDES, Tell, take_in
from gan_lab.data.own.picture import read_picture
from gan_lab.data.own.report import Intake
from gan_lab.data.own.sources import ENDINGS, MAX_FILES
from gan_lab.images import FORMATS, MAX_FILE_BYTES, MAX_PIXELS, Unreadable
from gan_lab.images.decoding import Facts, Shape

__all__ = [
    "ENDINGS",
    "FORMATS",
    "MAX_FILES",
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "SIDES",
    "Facts",
    "Intake",
    "Shape",
    "Tell",
    "Tip",
    "Unreadable",
    "advice",
    "read_picture",
    "take_in",
]
