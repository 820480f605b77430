"""D as games know it: a score, what its layers saw, and the class if it is asked for one."""

from __future__ import annotations

from typing import Literal, NamedTuple

from torch import Tensor, nn

from gan_lab.config import ConfigError, DiscriminatorNetwork
from gan_lab.networks.build import LayerList
from gan_lab.networks.lines import last_weighted
from gan_lab.networks.stages import Stage, of_line
from gan_lab.networks.weights import apply_spectral_norm, initialise


class Head(NamedTuple):
    """What D knows of classes beside what is in the picture.

    Attributes:
        classes: how many there are; 0 for none.
        kind: ``projection`` scores picture and class together, ``auxiliary`` names the class.
    """

    classes: int = 0
    kind: Literal["none", "projection", "auxiliary"] = "none"


class Verdict(NamedTuple):
    """What D says of a batch.

    Attributes:
        score: logits, N×1, or N×1×h×w of patches.
        features: outputs of its hidden layers behind their bends, first to last.
        classes: logits, N×K, of a D that names the class.
    """

    score: Tensor
    features: list[Tensor]
    classes: Tensor | None = None


class Critic(nn.Module):
    """D: pictures to logits.

    φ(x), N×F, is what its last layer takes, averaged over places if there are any. With a
    projection head the score is linear(φ) + ⟨embed(y), φ⟩ (Miyato & Koyama 2018); with an
    auxiliary one a second linear layer on φ names the class (Odena et al. 2017).
    """

    def __init__(
        self, body: nn.Module, config: DiscriminatorNetwork, head: Head | None = None
    ) -> None:
        """
        Args:
            body: ends with the score; only a LayerList can have a head and features.

        Raises ConfigError for a head on another body.
        """
        super().__init__()
        self.body = body
        self.embed: nn.Embedding | None = None
        self.name: nn.Linear | None = None
        if head is None or head.kind == "none":
            return
        if not isinstance(body, LayerList):
            raise ConfigError(
                f"networks.labels must be none or concat with networks.d.family = {config.family}"
            )
        features = body.lines[_last(body) - 1].takes[0]
        if head.kind == "projection":
            self.embed = nn.Embedding(head.classes, features)
            nn.init.xavier_uniform_(self.embed.weight)
            added: nn.Module = self.embed
        else:
            added = self.name = nn.Linear(features, head.classes)
        initialise(added, config)
        if config.spectral_norm:
            apply_spectral_norm(added)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Of the features of its verdicts, for people."""
        if not isinstance(self.body, LayerList):
            return (Stage(1, "score", "", ()),)
        before = self.body.lines[: _last(self.body) - 1]
        bent = [line for line in before if line.spec.activation != "none"]
        if not bent:  # as in judge
            return (Stage(1, "what the score is made of", "", ()),)
        return tuple(of_line(line)._replace(number=n) for n, line in enumerate(bent, 1))

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits of pictures (N×C×H×W); ``labels``, int64 N, only count for a projection head."""
        return self.judge(x, labels).score

    def judge(self, x: Tensor, labels: Tensor | None = None) -> Verdict:
        """The whole verdict; arguments as in :meth:`forward`.

        Raises ValueError if a projection head is not told the classes.
        """
        if not isinstance(self.body, LayerList):
            score = self.body(x)
            return Verdict(score, [score])
        last = _last(self.body)
        phi, features, score = x, [], x
        for line, score in zip(self.body.lines, self.body.outputs(x), strict=True):
            if line.number < last:
                phi = score
                if line.spec.activation != "none":
                    features.append(score)
        phi = phi.flatten(2).mean(2) if phi.ndim == 4 else phi
        if self.embed is not None:
            if labels is None:
                raise ValueError("this discriminator compares picture and class: it needs labels")
            fits = (self.embed(labels) * phi).sum(1)
            score = score + fits.view(-1, *[1] * (score.ndim - 1))
        # a D without any bend is matched in what its last layer takes
        return Verdict(score, features or [phi], None if self.name is None else self.name(phi))


def _last(body: LayerList) -> int:
    """Number of the layer that makes the score; 1 if none has weights."""
    return max(1, last_weighted([line.spec for line in body.lines]))
