"""Which picture a question is about: the one that z makes, a real one, or one of the visitor's."""

from __future__ import annotations

from collections.abc import Generator

from torch import Tensor

from gan_lab.runs.pictures import mosaic, png
from gan_lab.server.explore.asked import Answer, Asked, Wrong
from gan_lab.server.explore.real import real_of

KINDS = ("here", "train", "held out", "file")


def subject_of(asked: Asked) -> Tensor:
    """uint8, 1×C×S×S, of the model's own shape.

    Field ``of`` says which: "here" (of ``z`` and ``label``), "train" or "held out" (the real
    picture ``number``), or "file" (a picture file, base64: its middle square). Raises Wrong.
    """
    model = asked.model
    if model.kind.points:
        raise Wrong("This generator makes points, not pictures.")
    match asked.choice("of", KINDS, "here"):
        case "here":
            return model.images(asked.z(), asked.label())
        case "file":
            if asked.image is None:
                raise Wrong("file is missing.")
            return asked.image.unsqueeze(0)
        case part:
            images = real_of(model).part(part)
            number = asked.whole("number", 0, len(images) - 1)
            return images[number : number + 1]


def subject(asked: Asked) -> Generator[Answer, None, None]:
    """The picture itself, as the model would see it: a PNG."""
    image = subject_of(asked)
    yield Answer({"mime": "image/png", "tile": image.shape[-1]}, png(mosaic(image)))
