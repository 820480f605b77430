"""Two kinds of pictures turned into each other without any pairs: CycleGAN (Zhu et al. 2017)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_lab import networks
from gan_lab.config import RunConfig
from gan_lab.data import Batch, Batches, Kind, Pictures, domains, to_pixels, to_range
from gan_lab.games import figures, opinion, scenes
from gan_lab.games.base import (
    Arrow,
    Controls,
    Curve,
    Figure,
    Move,
    Now,
    Onlooker,
    Preview,
    Scene,
    Seen,
    Sources,
    Still,
    Verdicts,
    frozen,
)
from gan_lab.games.phases import Account, Lens, Phase
from gan_lab.games.pool import Pool
from gan_lab.games.referee import READINGS, Answer, Referee, clip_weights, column
from gan_lab.games.seats import seated
from gan_lab.games.telling import BothWays, older
from gan_lab.games.translation import (
    BESIDES,
    HALF,
    check,
    in_rows,
    keeps_the_shape,
    painted,
    repainted,
    some,
)
from gan_lab.objectives import resting
from gan_lab.randomness import Streams

GENERATORS = ("G_ab", "G_ba")
JUDGES = ("D_a", "D_b")
_OPINIONS = {"D_a": ("D_a(a)", "D_a(G_ba(b))"), "D_b": ("D_b(b)", "D_b(G_ab(a))")}
_KNOWS = {"D_a": ("a", "A to B", "B to A"), "D_b": ("b", "B to A", "A to B")}
"""Which kind each D knows, in which view that is given, and in which it is made."""


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
    has_answers: ClassVar[bool] = False
    names: ClassVar[tuple[str, ...]] = (*JUDGES, *GENERATORS)
    readings: ClassVar[tuple[str, ...]] = (
        "loss/D_a", "loss/D_b", "loss/G", "cycle", "identity", *_OPINIONS["D_a"],
        *_OPINIONS["D_b"], *(column(name, judge) for judge in JUDGES for name in READINGS),
    )  # fmt: skip

    def __init__(self, config: RunConfig, kind: Kind, streams: Streams) -> None:
        self.config = config
        self._kind = kind
        self._streams = streams
        output = config.networks.g.output
        self._lens = Lens(lambda x: to_pixels(x, output))
        self._teller = BothWays(self._lens)
        self._referees = {
            name: Referee(name, streams, self._lens, (name[-1], f"fake_{name[-1]}"))
            for name in JUDGES
        }
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
                Arrow(judge, g, scenes.ANSWER.replace("G", g, 1).replace("D", judge), "answer",
                      scenes.LEARNS.replace("G", g)),
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
            fresh = last is None
            shown, last = last or self._fresh(batches), None
            for name in judges:
                move = self._d_move(name, shown, now, fresh=fresh and name == judges[0])
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
            answers = {
                "D_b": self._answer("D_b", fake_b, b, now),
                "D_a": self._answer("D_a", fake_a, a, now),
            }
            verdict = answers["D_b"].loss + answers["D_a"].loss
            loss, objective = verdict, self.config.objective
            readings = {"loss/G": verdict.detach() / 2}  # of one, to compare with where it rests
            shown = _Shown(a, b, fake_a.detach(), fake_b.detach())
            account = self._account(shown, answers, generators)
            if objective.cycle:
                back_a, back_b = ba(fake_b), ab(fake_a)
                cycle = F.l1_loss(back_a, a) + F.l1_loss(back_b, b)
                loss = loss + objective.cycle * cycle
                readings["cycle"] = cycle.detach() / 2
                ways = (a, back_a.detach(), b, back_b.detach())
                account = account.then(lambda: self._teller.back(*ways))
            if objective.identity:
                same_b, same_a = ab(b), ba(a)
                identity = F.l1_loss(same_b, b) + F.l1_loss(same_a, a)
                loss = loss + objective.identity * identity
                readings["identity"] = identity.detach() / 2
                left = (a, same_a.detach(), b, same_b.detach())
                account = account.then(lambda: self._teller.left(*left))
        asked = (
            self._referees["D_b"].asked(fake_b, "fake B"),
            self._referees["D_a"].asked(fake_a, "fake A"),
        )
        move = Move(generators, loss, readings, account=account._replace(asked=asked))
        return move, shown

    def _answer(self, judge: str, fake: Tensor, real: Tensor, now: Now) -> Answer:
        player = self.players[judge]
        return self._referees[judge].g_loss(
            self.config, player, player.judge, fake, now, real=lambda: real
        )

    def _d_move(self, name: str, shown: _Shown, now: Now, *, fresh: bool) -> Move:
        real, fake = (shown.a, shown.fake_a) if name == "D_a" else (shown.b, shown.fake_b)
        fakes = self._pools[name].exchange(fake)
        move = self._referees[name].d_move(
            self.config, self.players[name].judge, real, fakes, now,
            weight=HALF, names=(f"loss/{name}", *_OPINIONS[name]),
        )  # fmt: skip
        account = move.account.after(lambda: self._told_pool(name, fakes))
        if fresh:
            account = account.after(lambda: self._teller.made(*shown))
        return move._replace(account=account)

    def _account(
        self, shown: _Shown, answers: dict[str, Answer], generators: tuple[str, ...]
    ) -> Account:
        """Of G's move, as far as both D."""
        judges = {"G_ab": "D_b", "G_ba": "D_a"}
        along = [box for g in generators for box in self._referees[judges[g]].answers(g)]
        return Account(
            lambda: [*self._teller.made(*shown), *(one.judging() for one in answers.values())],
            along=tuple(along),
        )

    def _told_pool(self, judge: str, fakes: Tensor) -> list[Phase]:
        if not self.config.objective.pool:
            return []
        kind = judge[-1]
        shown = self._lens.exhibit(f"fake {kind.upper()}, of now or earlier", "g", fakes)
        return [older(judge, f"fake_{kind}", shown)]

    def settle(self, move: Move) -> None:
        for name in JUDGES:
            if name in move.players:
                clip_weights(self.config, self.players[name].network)

    # -- what people see -----------------------------------------------------------------------

    def controls(self, aside: Pictures) -> Controls:
        kinds = domains(aside, self.config.data.pairs)
        count, generator = self.config.training.grid, self._streams["preview"]
        chosen = [some(x, count + opinion.MORE, generator) for x in kinds]
        return {
            **{name: x[:count] for name, x in zip("ab", chosen, strict=True)},
            **{f"more {name}": x[count:] for name, x in zip("ab", chosen, strict=True)},
        }

    def preview(self, controls: Controls) -> Seen:
        """Rows of a picture, what it is made into, and the way back; one picture each way."""
        shown = {name: self.players[name].shown for name in GENERATORS}
        nets = {name: network for name, network in shown.items() if network is not None}
        output = self.config.networks.g.output
        a, b = self._kinds
        previews, raw, fakes = {}, {}, {}
        for view, judge, g, given, heads, back in (
            ("A to B", "D_b", "G_ab", controls["a"], (a, f"as {b}", "and back"), False),
            ("B to A", "D_a", "G_ba", controls["b"], (b, f"as {a}", "and back"), True),
        ):
            raw[judge] = painted(nets[g], given, output)
            made = fakes[judge] = to_pixels(raw[judge], output)
            again = self.apply(self.config, nets, made, back=not back)
            previews[view] = Preview(in_rows(given, made, again), len(heads), heads)
        judged = {name: self._judged(name, controls, raw[name]) for name in JUDGES}
        return Seen(previews, judged, fakes["D_b"])

    def _judged(self, judge: str, controls: Controls, fake: Tensor) -> Verdicts:
        """What a D thinks of its own kind of real pictures and of the fakes that claim to be it."""
        own, there, back = _KNOWS[judge]
        pictures = torch.cat([controls[own], controls[f"more {own}"]])
        real = Batch(to_range(pictures, self.config.networks.g.output))
        judged = opinion.verdicts(self.config, self.players[judge], real, Batch(fake))
        of_real, of_fake = judged.each_real[: len(controls[own])], judged.each_fake
        none, others = opinion.unasked(of_real), opinion.unasked(of_fake)
        scores = {there: in_rows(of_real, none, none), back: in_rows(others, of_fake, others)}
        kind = self._kinds["ab".index(own)]
        return judged._replace(scores=scores, caption=f"Its kind of picture: {kind}.")

    @property
    def _kinds(self) -> tuple[str, str]:
        """What A and B are called."""
        a, b = self._kind.classes if len(self._kind.classes) == 2 else ("A", "B")
        return a, b

    @staticmethod
    def given(config: RunConfig, pictures: Pictures) -> Tensor:
        return domains(pictures, config.data.pairs)[0]

    @staticmethod
    def wanted(config: RunConfig, pictures: Pictures) -> Tensor:
        return domains(pictures, config.data.pairs)[1]

    @staticmethod
    def onlooker(config: RunConfig, kind: Kind, networks: Mapping[str, nn.Module]) -> Onlooker:
        raise opinion.from_a_picture(config)

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
