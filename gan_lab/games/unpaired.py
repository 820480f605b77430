"""Two kinds of pictures turned into each other without any pairs: CycleGAN (Zhu et al. 2017)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_lab import networks
from gan_lab.config import RunConfig
from gan_lab.data import Batches, Kind, Pictures, domains
from gan_lab.games import figures, scenes
from gan_lab.games.base import (
    Arrow,
    Controls,
    Curve,
    Figure,
    Move,
    Now,
    Preview,
    Scene,
    Sources,
    Still,
    frozen,
)
from gan_lab.games.pool import Pool
from gan_lab.games.referee import READINGS, Referee, clip_weights, column
from gan_lab.games.seats import seated
from gan_lab.games.translation import (
    BESIDES,
    HALF,
    check,
    in_rows,
    keeps_the_shape,
    repainted,
    some,
)
from gan_lab.objectives import resting
from gan_lab.randomness import Streams

GENERATORS = ("G_ab", "G_ba")
JUDGES = ("D_a", "D_b")
_OPINIONS = {"D_a": ("D_a(a)", "D_a(G_ba(b))"), "D_b": ("D_b(b)", "D_b(G_ab(a))")}


class _Shown(NamedTuple):
    """Pictures of one round, each batch×C×H×W, the fakes without graph."""

    a: Tensor
    b: Tensor
    fake_a: Tensor
    fake_b: Tensor


class Unpaired:
    """G_ab makes A into B, G_ba makes B into A; D_a and D_b each know one kind.

    What ties a fake to the picture that it was made from is the way back: G_ba(G_ab(a)) should be
    a again (cycle consistency, eq. 2). Identity: what is a B already is left alone by G_ab (§5.2).
    """

    from_noise: ClassVar[bool] = False
    plays_points: ClassVar[bool] = False
    names: ClassVar[tuple[str, ...]] = (*JUDGES, *GENERATORS)
    readings: ClassVar[tuple[str, ...]] = (
        "loss/D_a", "loss/D_b", "loss/G", "cycle", "identity", *_OPINIONS["D_a"],
        *_OPINIONS["D_b"], *(column(name, judge) for judge in JUDGES for name in READINGS),
    )  # fmt: skip

    def __init__(self, config: RunConfig, kind: Kind, streams: Streams) -> None:
        self.config = config
        self._kind = kind
        self._streams = streams
        self._referees = {name: Referee(name, streams) for name in JUDGES}
        self._pools = {name: Pool(config.objective.pool, streams["pool"]) for name in JUDGES}
        made = self.generators(config, kind)
        self.players = seated(made, self.discriminators(config, kind), streams)

    @staticmethod
    def sources(config: RunConfig, kind: Kind) -> Sources:
        check(config, ("unpaired",))
        side = kind.size
        return Sources((kind.channels, side, side), (kind.channels, side, side))

    @staticmethod
    def generators(config: RunConfig, kind: Kind) -> dict[str, nn.Module]:
        source = Unpaired.sources(config, kind).g
        return {
            name: networks.generator(config.networks.g, source, kind.channels, kind.size)
            for name in GENERATORS
        }

    @staticmethod
    def discriminators(config: RunConfig, kind: Kind) -> dict[str, nn.Module]:
        return {
            name: networks.discriminator(config.networks.d, kind.channels, kind.size)
            for name in JUDGES
        }

    @classmethod
    def rehearse(cls, config: RunConfig, kind: Kind) -> None:
        made = keeps_the_shape(cls.generators(config, kind)["G_ab"], kind)
        cls.discriminators(config, kind)["D_b"](made)

    @staticmethod
    def figures(config: RunConfig) -> tuple[Figure, ...]:
        rest, objective = resting(config.objective), config.objective
        plain = objective.adversarial == 1.0 and not objective.features
        losses = (
            Curve("loss/D_a", "D_a (halved)", "d", HALF * rest.d),
            Curve("loss/D_b", "D_b (halved)", "d", dash="dash"),
            Curve("loss/G", "both G", "g", rest.g if plain else None),
        )
        opinions = (
            Curve("D_a(a)", "D_a(a)", "real", rest.opinion),
            Curve("D_a(G_ba(b))", "D_a(G_ba(b))", "g"),
            Curve("D_b(b)", "D_b(b)", "real", dash="dash"),
            Curve("D_b(G_ab(a))", "D_b(G_ab(a))", "g", dash="dash"),
        )
        kept = Figure(
            "Coming back",
            "How far a picture is from itself after the way there and back (cycle), and how much G"
            " changes what is of the wanted kind already (identity).",
            (Curve("cycle", "cycle", "g"), Curve("identity", "identity", "g", dash="dash")),
            log=True,
        )
        return (
            kept, figures.losses(config, losses, BESIDES), figures.opinions(config, opinions),
            *figures.extras(config, JUDGES),
        )  # fmt: skip

    @staticmethod
    def scene(config: RunConfig) -> Scene:
        """Two rows, one each way; a fake of one row is what the other row's G leads back."""
        given, made = (scenes.spread(3, 3 * config.training.grid, at) for at in range(2))
        boxes, arrows = [], []
        for a, b, row in (("a", "b", 0), ("b", "a", 1)):
            g, judge, fake = f"G_{a}{b}", f"D_{b}", f"fake_{b}"
            real_says, fake_says = _OPINIONS[f"D_{a}"][0], _OPINIONS[judge][1]
            columns = range(4) if row == 0 else range(3, -1, -1)
            at = [(column, row) for column in columns]
            kind, other = a.upper(), b.upper()
            view = f"{kind} to {other}"
            boxes += [
                scenes.real_box(at[0], f"real {kind}", f"Real pictures of kind {kind}.", id=a,
                                reading=real_says, judge=f"D_{a}", view=view, tiles=given),
                scenes.g_box(at[1], f"A generator. It turns {kind} into {other}.", id=g),
                scenes.made_box(at[2], f"fake {other}", f"What {g} makes of {kind}.", id=fake,
                                reading=fake_says, judge=judge, view=view, tiles=made),
                scenes.d_box(at[3], f"A discriminator. It tells real {other} from fake ones.",
                             id=judge, reading=f"loss/{judge}"),
            ]  # fmt: skip
            arrows += [
                Arrow(a, g, f"What {g} begins from."),
                Arrow(g, fake, "What it makes of it."),
                Arrow(fake, judge, f"{judge} is shown fakes, and should say: fake."),
                Arrow(b, judge, f"{judge} is shown real ones, and should say: real."),
                Arrow(judge, g, scenes.ANSWER.replace("G", g, 1).replace("D", judge), "answer"),
                Arrow(fake, f"G_{b}{a}", f"The way back: of this, G_{b}{a} should make the"
                      f" {kind} again that it was made from (cycle).", "back"),
            ]  # fmt: skip
        return Scene(tuple(boxes), tuple(arrows))

    # -- the round -----------------------------------------------------------------------------

    def round(self, batches: Batches, now: Now, movers: frozenset[str]) -> Iterator[Move]:
        """Both G first, in one move, then each D: the order of the paper's own code, where the
        fakes that D is trained on are those that G has just made. Elsewhere D goes first."""
        generators = tuple(name for name in GENERATORS if name in movers)
        judges = tuple(name for name in JUDGES if name in movers)
        last: _Shown | None = None
        for _ in range(self.config.optim.g.steps if generators else 0):
            move, last = self._g_move(generators, *batches.draw_pair(), now)
            yield move
        if not self.config.objective.share_fakes:
            last = None
        for _ in range(self.config.optim.d.steps if judges else 0):
            shown, last = last or self._fresh(batches), None
            for name in judges:
                move = self._d_move(name, shown, now)
                # a batch has pictures of both kinds and is still one batch
                yield move if name == judges[0] else move._replace(images=0)

    @torch.no_grad()
    def _fresh(self, batches: Batches) -> _Shown:
        a, b = batches.draw_pair()
        ab, ba = (self.players[name].network for name in GENERATORS)
        return _Shown(a, b, ba(b), ab(a))

    def _g_move(
        self, generators: tuple[str, ...], a: Tensor, b: Tensor, now: Now
    ) -> tuple[Move, _Shown]:
        """Equation 3 and the identity loss of §5.2, for those of the two G who move."""
        ab, ba = (self.players[name].network for name in GENERATORS)
        still = [self.players[name].network for name in GENERATORS if name not in generators]
        with frozen(*still):
            fake_b, fake_a = ab(a), ba(b)
            verdict = self._verdict("D_b", fake_b, b, now) + self._verdict("D_a", fake_a, a, now)
            loss, objective = verdict, self.config.objective
            readings = {"loss/G": verdict.detach() / 2}  # of one, to compare with where it rests
            if objective.cycle:
                cycle = F.l1_loss(ba(fake_b), a) + F.l1_loss(ab(fake_a), b)
                loss = loss + objective.cycle * cycle
                readings["cycle"] = cycle.detach() / 2
            if objective.identity:
                identity = F.l1_loss(ab(b), b) + F.l1_loss(ba(a), a)
                loss = loss + objective.identity * identity
                readings["identity"] = identity.detach() / 2
        return Move(generators, loss, readings), _Shown(a, b, fake_a.detach(), fake_b.detach())

    def _verdict(self, judge: str, fake: Tensor, real: Tensor, now: Now) -> Tensor:
        player = self.players[judge]
        return self._referees[judge].g_loss(
            self.config, player, player.judge, fake, now, real=lambda: real
        )

    def _d_move(self, name: str, shown: _Shown, now: Now) -> Move:
        real, fake = (shown.a, shown.fake_a) if name == "D_a" else (shown.b, shown.fake_b)
        return self._referees[name].d_move(
            self.config, self.players[name].judge, real, self._pools[name].exchange(fake),
            now, weight=HALF, names=(f"loss/{name}", *_OPINIONS[name]),
        )  # fmt: skip

    def settle(self, move: Move) -> None:
        for name in JUDGES:
            if name in move.players:
                clip_weights(self.config, self.players[name].network)

    # -- what people see -----------------------------------------------------------------------

    def controls(self, aside: Pictures) -> Controls:
        kinds = domains(aside, self.config.data.pairs)
        count, generator = self.config.training.grid, self._streams["preview"]
        return {name: some(x, count, generator) for name, x in zip("ab", kinds, strict=True)}

    def preview(self, controls: Controls) -> dict[str, Preview]:
        """Rows of a picture, what it is made into, and the way back; one picture each way."""
        shown = {name: self.players[name].shown for name in GENERATORS}
        nets = {name: network for name, network in shown.items() if network is not None}
        a, b = self._kind.classes if len(self._kind.classes) == 2 else ("A", "B")
        previews = {}
        for name, given, heads, back in (
            ("A to B", controls["a"], (a, f"as {b}", "and back"), False),
            ("B to A", controls["b"], (b, f"as {a}", "and back"), True),
        ):
            made = self.apply(self.config, nets, given, back=back)
            again = self.apply(self.config, nets, made, back=not back)
            previews[name] = Preview(in_rows(given, made, again), len(heads), heads)
        return previews

    @staticmethod
    def given(config: RunConfig, pictures: Pictures) -> Tensor:
        return domains(pictures, config.data.pairs)[0]

    @staticmethod
    def apply(
        config: RunConfig, networks: dict[str, nn.Module], images: Tensor, *, back: bool = False
    ) -> Tensor:
        """A into B, or ``back``, B into A."""
        return repainted(networks[GENERATORS[back]], images, config.networks.g.output)

    def stills(self, controls: Controls, pictures: Pictures) -> dict[str, Still]:
        return {}

    # -- state ---------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        return {
            name: {
                "referee": self._referees[name].state_dict(),
                "pool": self._pools[name].state_dict(),
            }
            for name in JUDGES
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name in JUDGES:
            self._referees[name].load_state_dict(state[name]["referee"])
            self._pools[name].load_state_dict(state[name]["pool"])
