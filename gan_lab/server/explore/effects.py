"""What each number of z moves, better known with every answer."""

from __future__ import annotations

from collections.abc import Generator

from gan_lab.latent.effects import measured
from gan_lab.server.explore.asked import Answer, Asked


def effects(asked: Asked) -> Generator[Answer, None, None]:
    """Field: label. The payload is float32, dim."""
    found = list[Answer]()
    unit = "units of the plane" if asked.model.kind.points else "grey levels of 255"
    for one in measured(asked.model, asked.label()):
        yield from found
        found = [Answer({"unit": unit}, one.numpy().astype("<f4").tobytes(), more=True)]
    yield found[0]._replace(more=False)
