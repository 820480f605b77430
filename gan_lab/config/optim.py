"""How the players learn."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from gan_lab.config.declare import Section, knob

ADAMS = ("adam", "adamw")


class PlayerOptim(Section):
    """How one player learns."""

    live_group = "learning"

    name: Literal["adam", "adamw", "rmsprop", "sgd"] = knob(
        "adam",
        "The rule that turns gradients into steps; changing it makes the player forget how its"
        " last gradients went.",
        live=True,
    )
    lr: float = knob(
        2e-4,
        "The size of each step: too small and nothing happens, too large and the game breaks.",
        live=True,
        gt=0.0,
        le=1.0,
        log=True,
    )
    beta1: float = knob(
        0.5,
        "How long Adam goes on in the direction of past gradients; above 0.5 GANs tend to swing"
        " to and fro.",
        live=True,
        ge=0.0,
        lt=1.0,
        when=("name", ADAMS),
    )
    beta2: float = knob(
        0.999,
        "How long Adam (or RMSprop) remembers how large the gradients were; nearer to 1 is calmer.",
        live=True,
        ge=0.0,
        lt=1.0,
        when=("name", (*ADAMS, "rmsprop")),
    )
    beta2_first: float = knob(
        0.9,
        "The value that β2 begins with, where it moves during training.",
        live=True,
        ge=0.0,
        lt=1.0,
        when=("name", ADAMS),
    )
    beta2_images: int = knob(
        0,
        "β2 goes smoothly from its first value to its last over this many real pictures; 0: it"
        " does not move.",
        live=True,
        unit="pictures",
        ge=0,
        le=1_000_000_000,
        when=("name", ADAMS),
    )
    momentum: float = knob(
        0.0,
        "How much of the last step is taken again, like a rolling ball that keeps its speed.",
        live=True,
        ge=0.0,
        lt=1.0,
        when=("name", ("sgd", "rmsprop")),
    )
    weight_decay: float = knob(
        0.0,
        "How strongly every weight is pulled towards zero, which keeps networks simple.",
        live=True,
        log=True,
        ge=0.0,
        le=1.0,
    )
    steps: int = knob(
        1,
        "How often this player moves in one round: more moves make it the stronger one.",
        live=True,
        group="balance",
        unit="moves",
        ge=1,
        le=20,
    )
    clip_value: float = knob(
        0.0,
        "The gradient of a single weight is cut at this size; 0 for no limit.",
        live=True,
        ge=0.0,
        le=1000.0,
    )
    clip_norm: float = knob(
        0.0,
        "A gradient longer than this (all weights together) is shortened to it, which tames"
        " leaps; 0 for no limit.",
        live=True,
        ge=0.0,
        le=100_000.0,
    )
    schedule: Literal["constant", "linear", "cosine", "inverse"] = knob(
        "constant",
        "How the learning rate falls while training goes on: not at all, in a straight line or"
        " a half cosine to zero, or ever more slowly (inverse).",
        live=True,
    )
    schedule_images: int = knob(
        1_000_000,
        "After this many real pictures linear and cosine have reached zero, and inverse is at"
        " half.",
        live=True,
        unit="pictures",
        ge=1,
        le=100_000_000_000,
        log=True,
        when=("schedule", ("linear", "cosine", "inverse")),
    )
    warmup_images: int = knob(
        0,
        "The learning rate grows from zero to its full size over this many real pictures; 0: it"
        " is full at once.",
        live=True,
        unit="pictures",
        ge=0,
        le=100_000_000,
    )


class Optim(Section):
    """How the players learn: by role, and where one player of a role differs, by its name."""

    g: PlayerOptim = PlayerOptim()
    d: PlayerOptim = PlayerOptim()
    players: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """What differs for single players, such as ``{"G_ab": {"lr": 1e-4}}``; checked as the role's
    own. Its parameters are reached as ``optim.players.G_ab.lr``; but for steps, a role's moves."""

    @model_validator(mode="after")
    def _overrides_are_sound(self) -> Optim:
        for name, fields in self.players.items():
            role = role_of(name)
            unknown = fields.keys() - (PlayerOptim.model_fields.keys() - {"steps"})
            if not role or unknown:
                what = f".{min(unknown)}" if role else ""
                raise ValueError(f"optim.players.{name}{what} is no parameter of a player")
            try:
                whole = PlayerOptim.model_validate({**getattr(self, role).model_dump(), **fields})
            except ValidationError as error:
                first = error.errors()[0]
                field, why = first["loc"][0], first["msg"].lower()
                raise ValueError(
                    f"optim.players.{name}.{field}: {first['input']!r} is not allowed; {why}"
                ) from None
            self.players[name] = {field: getattr(whole, field) for field in fields}
        return self

    def of(self, player: str) -> PlayerOptim:
        """How a player learns: as its role does, but for what is said of it by name."""
        common: PlayerOptim = getattr(self, role_of(player))
        own = self.players.get(player)
        return common.model_copy(update=own) if own else common


def role_of(player: str) -> str:
    """The section of a player, by the first letter of its name; "" if that is neither G nor D."""
    return player[:1].lower() if player[:1] in ("G", "D") else ""
