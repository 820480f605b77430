"""The rounds of a script: all moves of both players, written flat."""

from __future__ import annotations

import re

from gan_lab.export.script import learning, rules
from gan_lab.export.script.parts import Part, Recipe, Settings, blocks
from gan_lab.objectives import LOSSES


def noise(recipe: Recipe) -> Part:
    """What G begins from."""
    latent = recipe.config.latent
    shape = "(count, latent), generator=chance, device=device"
    match latent.noise:
        case "gaussian":
            words, body = "N(0, 1)", [f"return torch.randn({shape})"]
        case "uniform":
            words, body = "Evenly from -1 to 1", [f"return torch.rand({shape}) * 2.0 - 1.0"]
        case _:
            t = latent.truncation
            words = f"N(0, 1) without what lies beyond {t} σ, by the inverse of its distribution"
            body = [
                f"low = torch.distributions.Normal(0.0, 1.0).cdf(torch.tensor(-{t})).item()",
                f"even = torch.rand({shape}).cpu().double()",
                "inside = low + even * (1.0 - 2.0 * low)",
                f"return torch.special.ndtri(inside).float().to(device).clamp_(-{t}, {t})",
            ]
    lines = [
        "def draw_z(count: int, chance: torch.Generator) -> Tensor:",
        f'    """{words}: count×latent."""',
        *(f"    {line}" for line in body),
    ]
    return Part("noise", "", blocks("\n".join(lines), 'z_stream = stream("z")'))


def rounds(recipe: Recipe, settings: Settings) -> Part:
    """The loop."""
    config = recipe.config
    settings.add("rounds", 'int(os.environ.get("ROUNDS", 5000))', "k moves of D, then k of G, each")
    settings.add("save_every", 250, "rounds between two pictures")
    d_steps, g_steps = config.optim.d.steps, config.optim.g.steps
    if d_steps > 1:
        settings.add("d_steps", d_steps, "moves of D in a round")
    if g_steps > 1:
        settings.add("g_steps", g_steps, "moves of G in a round")
    now = "now" in rules.seeing(recipe) or (config.regularisation.gamma_images and d_steps > 1)
    body = ["now = seen  # noise and γ keep their strength for a whole round"] if now else []
    d = _d_move(recipe)
    body += [*([""] if body else []), "# D learns to tell real from fake"]
    body += d if d_steps == 1 else [f"for {_counter(d)} in range(d_steps):", *_in(d)]
    g = _g_move(recipe)
    answer = ["D.requires_grad_(False)"]
    answer += g if g_steps == 1 else [f"for {_counter(g)} in range(g_steps):", *_in(g)]
    answer += ["D.requires_grad_(True)"]
    if config.regularisation.ema_images:
        images = "batch" if d_steps == 1 else "d_steps * batch"
        answer += ["", f"average(seen, {images})"]
    body += ["", "# G learns to be taken for real; D only judges, and gets no gradient"]
    if config.training.d_pretrain:
        settings.add("d_pretrain", config.training.d_pretrain, "rounds of D alone")
        body += ['g_value = torch.tensor(float("nan"))', "if done > d_pretrain:", *_in(answer)]
    else:
        body += answer
    body += [
        "",
        "d_value, g_value = d_value.item(), g_value.item()",
        'print(f"{done},{d_value},{g_value}", file=curves, flush=True)',
        "if done == 1 or done % save_every == 0:",
        '    print(f"round {done}: D {d_value:.3f}, G {g_value:.3f}")',
        "    save_pictures(done)",
    ]
    head = ["seen = 0  # real ones that D was trained on"]
    if config.regularisation.penalty_every > 1 and rules.penalties.any_penalty(
        config.regularisation
    ):
        head.append("moves = 0  # of D")
    head += [
        'with (out / "losses.csv").open("w") as curves:',
        '    print("round,D,G", file=curves)',
        "    for done in range(1, rounds + 1):",
        *_in(body, 2),
        'torch.save(G.state_dict(), out / "G.pt")',
    ]
    if config.regularisation.ema_images:
        head[-1] = 'torch.save(shown.state_dict(), out / "G.pt")'
    return Part("training", _WORDS, "\n".join(head) + "\n")


def _counter(lines: list[str]) -> str:
    """The name of a loop's counter; "_" if nobody asks."""
    return "move" if any(re.search(r"\bmove\b", line.partition("#")[0]) for line in lines) else "_"


_WORDS = """Both losses of every round go into losses.csv: those of its last moves, D's without its
penalties. G is as good as its pictures, whatever the numbers say."""


def _in(lines: list[str], levels: int = 1) -> list[str]:
    return [f"{'    ' * levels}{line}" if line else "" for line in lines]


def _asked(recipe: Recipe, x: str, told: str = "labels") -> str:
    """D asked about some pictures."""
    match recipe.config.networks.labels:
        case "concat":
            return f"D(with_planes({x}, {told}, {recipe.classes}))"
        case "projection":
            return f"D({x}, {told})"
    return f"D({x})"


def _answers(recipe: Recipe) -> int:
    """How many things D says at once."""
    config = recipe.config
    return 1 + (config.networks.labels == "auxiliary") + bool(config.objective.features)


def _say(recipe: Recipe, side: str, *, features: bool = False, named: bool = True) -> str:
    """Names for D's answers; those that nobody needs are dropped."""
    config, names = recipe.config, [f"{side}_score"]
    if config.networks.labels == "auxiliary":
        names.append(f"{side}_named" if named else "_")
    if config.objective.features:
        names.append(f"{side}_features" if features else "_")
    return ", ".join(names)


def _judge(recipe: Recipe) -> str:
    """D as a penalty asks it: pictures to scores."""
    asked = _asked(recipe, "part")
    if _answers(recipe) > 1:
        return f"lambda part: {asked}[0]"
    return "D" if asked == "D(part)" else f"lambda part: {asked}"


def _made(recipe: Recipe, told: str = "labels") -> str:
    z = "draw_z(batch, z_stream)"
    return f"G(with_classes({z}, {told}, {recipe.classes}))" if recipe.classes else f"G({z})"


def _shared(recipe: Recipe) -> bool:
    """Whether G answers for the fakes that D judged."""
    objective, config = recipe.config.objective, recipe.config
    needs_real = LOSSES[objective.loss].needs_real_for_g or bool(objective.features)
    return objective.share_fakes and not (needs_real and recipe.classes) and bool(config)


def _graph(recipe: Recipe) -> bool:
    """Whether D's fakes come with their graph."""
    return _shared(recipe) and recipe.config.optim.d.steps == 1


def _d_move(recipe: Recipe) -> list[str]:
    config = recipe.config
    objective, see = config.objective, rules.seeing(recipe)
    lines = ["x, labels = next(real)" if recipe.classes else "x = next(real)"]
    if _graph(recipe):
        lines.append(f"made = {_made(recipe)}")
    elif _shared(recipe):
        lines += ["with torch.set_grad_enabled(move == d_steps - 1):  # G answers for the last",
                  f"    made = {_made(recipe)}"]  # fmt: skip
    else:
        lines += ["with torch.no_grad():", f"    fake = {_made(recipe)}"]
    if _shared(recipe):
        lines.append("fake = made.detach()  # nothing of this reaches G")
    if see != "{}":
        lines.append(f"x, fake = {see.format('x')}, {see.format('fake')}")
    lines += _both(recipe) if objective.joined_batch and not config.networks.d.compares_batch else [
        f"{_say(recipe, 'real')} = {_asked(recipe, 'x')}",
        f"{_say(recipe, 'fake')} = {_asked(recipe, 'fake')}",
    ]  # fmt: skip
    labelled = ""
    if rules.disturbed(recipe):
        lines += ["ones = torch.full_like(real_score, real_label, requires_grad=False)",
                  "zeros = torch.full_like(fake_score, fake_label, requires_grad=False)",
                  "ones = disturbed(ones, fake_label, label_stream)",
                  "zeros = disturbed(zeros, real_label, label_stream)"]  # fmt: skip
        labelled = ", ones, zeros"
    lines += [f"loss = d_loss(real_score, fake_score{labelled})", "d_value = loss.detach()"]
    if config.networks.labels == "auxiliary":
        lines += [
            "naming = F.cross_entropy(real_named, labels)",
            "naming = naming + F.cross_entropy(fake_named, labels)  # L_C (Odena et al. 2017, §3)",
            "loss = loss + auxiliary * naming",
        ]
    if rules.penalties.any_penalty(config.regularisation):
        seen = "now" if config.regularisation.gamma_images and config.optim.d.steps > 1 else "seen"
        lines += rules.penalty_lines(recipe, _judge(recipe), seen)
    if objective.ada and objective.augment != "none":
        rest = LOSSES[objective.loss].resting_score(0.5)
        surplus = f" - {rest}" if rest else ""
        lines.append(f"adaptive.update(real_score.detach(){surplus}, batch)")
    lines += learning.step(config.optim.of("D"), "D")
    if config.regularisation.weight_clip and objective.loss == "wasserstein":
        lines += ["with torch.no_grad():  # a critic's slope is bounded by its weights (alg. 1)",
                  "    for parameter in D.parameters():",
                  "        parameter.clamp_(-weight_clip, weight_clip)"]  # fmt: skip
    return [*lines, "seen += batch"]


def _both(recipe: Recipe) -> list[str]:
    """D judges both sides in one batch."""
    asked = _asked(recipe, "torch.cat([x, fake])", "labels.repeat(2)")
    if _answers(recipe) == 1:
        if recipe.classes:
            return [f"both = {asked}", "real_score, fake_score = both.split(batch)"]
        return [f"real_score, fake_score = {asked}.split(batch)"]
    named = "named" if recipe.config.networks.labels == "auxiliary" else "_"
    names = ["score", *([named] if recipe.config.networks.labels == "auxiliary" else []),
             *(["_"] if recipe.config.objective.features else [])]  # fmt: skip
    lines = [f"{', '.join(names)} = {asked}", "real_score, fake_score = score.split(batch)"]
    if named == "named":
        lines.append("real_named, fake_named = named.split(batch)")
    return lines


def _g_move(recipe: Recipe) -> list[str]:
    config = recipe.config
    objective, see = config.objective, rules.seeing(recipe)
    needs_real = LOSSES[objective.loss].needs_real_for_g
    lines, told = [], "labels"
    if needs_real or objective.features:
        lines.append("x, labels = next(real)" if recipe.classes else "x = next(real)")
    elif recipe.classes and not _shared(recipe):
        lines += _some_labels()
    fresh = f"fake = {_made(recipe, told)}"
    if not _shared(recipe):
        lines.append(fresh)
    elif config.optim.g.steps == 1:
        lines.append("fake = made  # the ones that D has just judged")
    else:
        lines += ["if move == 0:", "    fake = made  # the ones that D has just judged", "else:"]
        more = _some_labels() if recipe.classes else []
        lines += _in([*more, fresh])
    features, named = bool(objective.features), config.networks.labels == "auxiliary"
    lines.append(
        f"{_say(recipe, 'fake', features=features, named=named)}"
        f" = {_asked(recipe, see.format('fake'))}"
    )
    if needs_real or features:
        said = _say(recipe, "real", features=features, named=False)
        lines += ["with torch.no_grad():", f"    {said} = {_asked(recipe, see.format('x'))}"]
    call = "g_loss(real_score, fake_score)" if needs_real else "g_loss(fake_score)"
    lines.append(
        f"loss = {call}" if objective.adversarial == 1.0 else f"loss = adversarial * {call}"
    )
    if features:
        lines.append("loss = loss + matching * matched_means(real_features, fake_features)")
    if named:
        lines.append("loss = loss + auxiliary * F.cross_entropy(fake_named, labels)")
    lines.append("g_value = loss.detach()")
    return lines + learning.step(config.optim.of("G"), "G")


def _some_labels() -> list[str]:
    return [
        "some = torch.randint(len(targets), (batch,), generator=class_stream, device=device)",
        "labels = targets[some]  # as often as among the real ones",
    ]


def weights(recipe: Recipe, settings: Settings) -> None:
    """Settings of the loop."""
    config = recipe.config
    objective = config.objective
    if objective.adversarial != 1.0:
        settings.add("adversarial", objective.adversarial, "how much D's verdict counts for G")
    if objective.features:
        settings.add("matching", objective.features, "how much matched features count for G")
    if config.networks.labels == "auxiliary":
        settings.add("auxiliary", objective.auxiliary, "how much naming the class counts")
    if config.regularisation.weight_clip and objective.loss == "wasserstein":
        settings.add(
            "weight_clip", config.regularisation.weight_clip, "largest weight of the critic"
        )


def pictures(recipe: Recipe, settings: Settings) -> Part:
    """What people look at."""
    config, points = recipe.config, recipe.kind.points
    side = config.training.grid
    model = "shown" if config.regularisation.ema_images else "G"
    count = "2500" if points else "grid**2"
    if not points:
        settings.add("grid", side, "pictures per side of what is saved")
    code = [f'fixed_z = draw_z({count}, stream("preview"))  # the same every time']
    source = "fixed_z"
    if recipe.classes:
        if points:
            code.append(f"fixed_labels = torch.arange(2500, device=device) % {recipe.classes}")
        else:
            code.append(
                "present = targets.unique()\n"
                "rows = present[torch.arange(grid, device=device) % len(present)]\n"
                "fixed_labels = rows.repeat_interleave(grid)  # a row, a class"
            )
        source = f"with_classes(fixed_z, fixed_labels, {recipe.classes})"
    body = [] if model == "shown" else ["G.eval()"]
    body.append(f"made = {model}({source})")
    body += [] if model == "shown" else ["G.train()"]
    sigmoid = config.networks.g.output == "sigmoid"
    if points:
        body += [
            f"points = {'2.0 * made - 1.0' if sigmoid else 'made'}",
            'sheet = Image.new("RGB", (400, 400), "white")',
            "pen = ImageDraw.Draw(sheet)",
            'for cloud, colour in ((images[:600], "#999999"), (points[:600], "#d1495b")):',
            "    for x, y in cloud.flatten(1).tolist():",
            "        pen.point([(200 + 199 * x, 200 - 199 * y)], fill=colour)",
            'sheet.save(out / f"{done:06}.png")',
        ]
    else:
        low = "(0.0, 1.0)" if sigmoid else "(-1.0, 1.0)"
        body += [
            'path = out / f"{done:06}.png"',
            f"save_image(made, path, nrow=grid, normalize=True, value_range={low})",
        ]
    lines = ["@torch.no_grad()", "def save_pictures(done: int) -> None:",
             '    """What G makes of the fixed noise after so many rounds."""',
             *_in(body)]  # fmt: skip
    settings.add("out", 'Path(os.environ.get("OUT", "out"))', "folder of pictures and losses")
    code += ["out.mkdir(parents=True, exist_ok=True)", "\n".join(lines)]
    objective = config.objective
    if recipe.classes and not (LOSSES[objective.loss].needs_real_for_g or objective.features):
        fresh = not _shared(recipe) or config.optim.g.steps > 1
        if fresh:
            code.append('class_stream = stream("classes")')
    return Part("pictures", "", blocks(*code))
