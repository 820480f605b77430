"""How the players learn, and the average of G that people look at."""

from __future__ import annotations

from gan_lab.config import PlayerOptim
from gan_lab.export.script.parts import WIDTH, Part, Recipe, Settings, blocks


def optimisers(recipe: Recipe, settings: Settings) -> Part:
    """Two optimisers, and what changes as training goes on."""
    code = []
    for player in ("G", "D"):
        optim = recipe.config.optim.of(player)
        low = player.lower()
        settings.add(f"lr_{low}", optim.lr, f"of {player}'s steps")
        made = f"{low}_optimiser = {_made(optim, player, low)}"
        if len(made) > WIDTH:
            made = made.replace("(", "(\n    ", 1)[:-1] + "\n)"
        code.append(made)
    for player in ("G", "D"):
        optim = recipe.config.optim.of(player)
        if tuned := _tuned(optim, player.lower()):
            code.append(tuned)
    return Part("optimisers", "", blocks(*code))


def changes(optim: PlayerOptim) -> bool:
    """Whether anything of an optimiser moves as training goes on."""
    moves = optim.name in ("adam", "adamw") and optim.beta2_images
    return bool(optim.schedule != "constant" or optim.warmup_images or moves)


def step(optim: PlayerOptim, player: str) -> list[str]:
    """The lines from a loss to a step of one player."""
    low = player.lower()
    lines = [f"{low}_optimiser.zero_grad(set_to_none=True)", "loss.backward()"]
    if optim.clip_value:
        lines.append(f"nn.utils.clip_grad_value_({player}.parameters(), {optim.clip_value!r})")
    if optim.clip_norm:
        lines.append(f"nn.utils.clip_grad_norm_({player}.parameters(), {optim.clip_norm!r})")
    if changes(optim):
        lines.append(f"tune_{low}(seen)")
    lines.append(f"{low}_optimiser.step()")
    return lines


def _made(optim: PlayerOptim, player: str, low: str) -> str:
    decay = f", weight_decay={optim.weight_decay!r}" if optim.weight_decay else ""
    parameters, rate = f"{player}.parameters()", f"lr=lr_{low}"
    match optim.name:
        case "adam" | "adamw":
            kind = "Adam" if optim.name == "adam" else "AdamW"
            if optim.name == "adamw":
                decay = f", weight_decay={optim.weight_decay!r}"
            betas = f"betas=({optim.beta1!r}, {optim.beta2!r})"
            return f"torch.optim.{kind}({parameters}, {rate}, {betas}{decay}, fused=True)"
        case "rmsprop":
            decay += f", momentum={optim.momentum!r}" if optim.momentum else ""
            given = f"{parameters}, {rate}, alpha={optim.beta2!r}{decay}"
            return f"torch.optim.RMSprop({given}, foreach=True)"
        case "sgd":
            decay += f", momentum={optim.momentum!r}" if optim.momentum else ""
            return f"torch.optim.SGD({parameters}, {rate}{decay}, fused=True)"


def _tuned(optim: PlayerOptim, low: str) -> str:
    """A function that sets what moves, after ``seen`` real pictures; "" if nothing does."""
    if not changes(optim):
        return ""
    end, done = f"{optim.schedule_images:_}", f"seen / {optim.schedule_images:_}"
    factor = {
        "constant": "1.0",
        "linear": f"max(0.0, 1.0 - {done})  # 0 after {end} pictures",
        "cosine": f"0.5 * (1.0 + math.cos(math.pi * min(1.0, {done})))",
        "inverse": f"1.0 / (1.0 + {done})",
    }[optim.schedule]
    lines = [
        f"def tune_{low}(seen: int) -> None:",
        '    """What the optimiser is told after so many real pictures."""',
    ]
    if optim.schedule != "constant" or optim.warmup_images:
        lines.append(f"    factor = {factor}")
        if optim.warmup_images:
            lines.append(f"    if seen < {optim.warmup_images}:")
            lines.append(f"        factor *= (seen + 1) / {optim.warmup_images}")
        lines.append(f'    {low}_optimiser.param_groups[0]["lr"] = lr_{low} * factor')
    if optim.name in ("adam", "adamw") and optim.beta2_images:
        first, images = optim.beta2_first, optim.beta2_images
        lines += [
            f"    # β2 from {first} to {optim.beta2} in half a cosine (R3GAN, app. D)",
            f"    share = 0.5 * (1.0 - math.cos(math.pi * min(seen, {images}) / {images}))",
            f"    moving = {first!r} + share * ({optim.beta2!r} - {first!r})",
            f"    beta2 = moving if seen < {images} else {optim.beta2!r}",
            f'    {low}_optimiser.param_groups[0]["betas"] = ({optim.beta1!r}, beta2)',
        ]
    return "\n".join(lines)


def average(recipe: Recipe, settings: Settings) -> Part | None:
    """The average of G's weights, if people look at one."""
    r = recipe.config.regularisation
    if not r.ema_images:
        return None
    settings.add("ema_images", r.ema_images, "real ones after which old weights count half")
    settings.add("ema_rampup", r.ema_rampup, "but at most this share of those seen so far")
    code = '''shown = copy.deepcopy(G).eval().requires_grad_(False)


@torch.no_grad()
def average(seen: int, images: int) -> None:
    """Move the weights, and the statistics of batch norm, of what is shown towards G's."""
    half_life = min(ema_images, ema_rampup * seen)
    keep = 0.5 ** (images / half_life) if half_life > 0 else 0.0
    mine = [*shown.parameters(), *shown.buffers()]
    theirs = [*G.parameters(), *G.buffers()]
    for old, new in zip(mine, theirs, strict=True):
        if old.is_floating_point():
            old.lerp_(new.detach(), 1.0 - keep)
'''
    words = "People look at an average of G's recent weights, which is steadier than G (Karras"
    return Part("the average of G", words + " et al. 2018).", code)
