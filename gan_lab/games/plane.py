"""The same game with points of a plane, where everything can be seen: what D thinks of every place,
where it wants each fake to go, and how G folds its noise (as in GAN Lab, Kahng et al. 2018)."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import torch
from torch import Tensor

from gan_lab.config import RunConfig
from gan_lab.data import Pictures, plane_of, to_points, to_range
from gan_lab.games import opinion
from gan_lab.games.base import Controls, Scene, Seen, Sheet, at_rest
from gan_lab.games.generation import Generation
from gan_lab.games.phases import Lens
from gan_lab.metrics import plane as measures
from gan_lab.objectives import LOSSES, draw_z, reach
from gan_lab.objectives.conditions import with_classes

MEASURED = 2500
"""Fakes that are measured, as many as in the papers."""

_SEEN = 600  # points of each kind on the page
_ARROWS = 60
_SURFACE = 32  # places of D's opinion, per side
_LATTICE = 21  # lines of z, each way
_FAR = 2.0  # where they end, in σ


class Plane(Generation):
    """The rounds of :class:`Generation`; other things to look at."""

    plays_points: ClassVar[bool] = True

    @cached_property
    def truth(self) -> measures.Truth:
        """Where the real points come from."""
        plane = plane_of(self.config.data.name)
        return measures.Truth(plane.places, plane.sigma, plane.reach, plane.modal)

    @staticmethod
    def scene(config: RunConfig) -> Scene:
        scene = Generation.scene(config)
        drawn = {name: {"view": "plane", "part": name, "tiles": ()} for name in ("fake", "real")}
        drawn["real"]["still"] = ""
        boxes = tuple(
            box._replace(hint=box.hint.replace("picture", "point"), **drawn.get(box.id, {}))
            for box in scene.boxes
        )
        return scene._replace(boxes=boxes)

    # -- what people see -----------------------------------------------------------------------

    def _lens(self) -> Lens:
        scale, output = plane_of(self.config.data.name).reach, self.config.networks.g.output
        return Lens(lambda x: to_points(x, output) * scale, scale, "points", "a point")

    def controls(self, aside: Pictures) -> Controls:
        """z of the fakes that are measured and its classes, some real points (from -1 to 1), the
        histogram of all of them, and z of the lattice."""
        device = self._streams["z"].device
        z = draw_z(self.config.latent, MEASURED, self._streams["preview"])
        points = aside.images.flatten(1)
        expected = measures.histogram(points, 1.0)
        found = {"z": z, "real": points[:_SEEN], "expected": expected, "lattice": self._lattice()}
        if self._classes:
            found["labels"] = torch.arange(MEASURED) % self._classes
        return {name: x.to(device) for name, x in found.items()}

    def _lattice(self) -> Tensor:
        """z whose first two numbers are a lattice, row by row, the others 0; a line for one."""
        latent = self.config.latent
        steps = torch.linspace(-1.0, 1.0, _LATTICE) * min(_FAR, reach(latent))
        if latent.dim == 1:
            return torch.linspace(-1.0, 1.0, _LATTICE**2)[:, None] * min(_FAR, reach(latent))
        y, x = torch.meshgrid(steps, steps, indexing="ij")
        z = torch.zeros(_LATTICE**2, latent.dim)
        z[:, 0], z[:, 1] = x.flatten(), y.flatten()
        return z

    @torch.no_grad()
    def preview(self, controls: Controls) -> Seen:
        labels = controls.get("labels")
        fake = self._shown(controls["z"], labels)
        seen = fake[:_SEEN]
        lattice = self._shown(controls["lattice"], None if labels is None else labels * 0)
        with at_rest(self.players["D"].network):
            scores = self._score(controls["real"]), self._score(seen)
            surface, pushes = self._opinion(*scores, seen)
        scale = self.truth.reach
        rows = 1 if self.config.latent.dim == 1 else _LATTICE
        sheet = Sheet(
            real=controls["real"] * scale,
            fake=seen * scale,
            opinion=surface,
            pushes=pushes * scale,
            lattice=(lattice * scale).view(rows, -1, 2),
            reach=scale,
            measures=self.truth.measured(fake.cpu() * scale, controls["expected"].cpu()),
            caption="The same random numbers every time.",
        )
        verdicts = opinion.of_scores(self.config, *scores, names=("real points", "fakes"))
        return Seen({"plane": sheet}, {"D": verdicts}, seen)

    def _shown(self, z: Tensor, labels: Tensor | None) -> Tensor:
        """Points that the averaged G makes, N×2 from -1 to 1; it may leave that."""
        g = self.players["G"].shown
        assert g is not None
        told = None if labels is None else labels[: len(z)]
        return to_points(g(with_classes(z, told, self._classes)), self.config.networks.g.output)

    def _opinion(
        self, real_score: Tensor, fake_score: Tensor, fake: Tensor
    ) -> tuple[Tensor, Tensor]:
        """What D says of places all over the window, S×S from 0 to 1, row by row from below; and
        which way G's loss falls fastest at the first fakes, M×2."""
        loss = LOSSES[self.config.objective.loss]
        steps = (torch.arange(_SURFACE, device=fake.device) + 0.5) * (2.0 / _SURFACE) - 1.0
        y, x = torch.meshgrid(steps, steps, indexing="ij")
        surface = self._score(torch.stack([x.flatten(), y.flatten()], 1))
        # scores that mean something only beside one another begin in the middle of both kinds
        middle = torch.full_like(surface, float(real_score.mean() + fake_score.mean()) / 2.0)
        says = loss.opinions(middle, surface)[1].view(_SURFACE, _SURFACE)
        with torch.enable_grad():
            at = fake[:_ARROWS].clone().requires_grad_()
            value = loss.g(real_score[:_ARROWS], self._score(at))
            (slope,) = torch.autograd.grad(value * len(at), at)
        return says, -slope

    def _score(self, points: Tensor) -> Tensor:
        """D's score of points, N×1; where it is told a class, for the one that suits best."""
        half = self.config.networks.g.output
        x = to_range(points, half)[:, :, None, None]
        if self.config.networks.labels in ("none", "auxiliary"):
            return self._look(None)(x).score
        each = [
            self._look(torch.full((len(x),), c, device=x.device))(x).score
            for c in range(self._classes)
        ]
        return torch.stack(each).amax(0)
