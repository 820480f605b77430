"""What the players are scored by: the loss, penalties, noise and changes to what D sees."""

from __future__ import annotations

import inspect
import re
from typing import Any

from gan_lab.config import Regularisation
from gan_lab.config.objective import LOSSES_WITH_TARGETS
from gan_lab.export.script import source
from gan_lab.export.script.parts import Part, Recipe, Settings, blocks
from gan_lab.games.referee import matched_means
from gan_lab.objectives import LOSSES, augment, losses, penalties
from gan_lab.objectives.conditions import with_classes, with_planes
from gan_lab.objectives.targets import _disturbed

_CHANGES = {"colour": ("brighter", "saturated", "contrasted"), "translation": ("shifted",),
            "cutout": ("cut",), "geometry": ("shifted", "cut"),
            "all": ("brighter", "saturated", "contrasted", "shifted", "cut")}  # fmt: skip


def disturbed(recipe: Recipe) -> bool:
    """Whether labels are left to chance."""
    return bool(recipe.config.objective.label_flip or recipe.config.objective.label_noise)


def labels(recipe: Recipe) -> bool:
    """Whether the loss has labels at all."""
    return recipe.config.objective.loss in LOSSES_WITH_TARGETS


def loss(recipe: Recipe, settings: Settings) -> Part:
    """The two losses, from logits."""
    objective = recipe.config.objective
    rule: Any = LOSSES[objective.loss]
    given, code = "real: Tensor, fake: Tensor", []
    if labels(recipe):
        settings.add("real_label", 1.0 - objective.smooth_real, "what D learns to say of real ones")
        settings.add("fake_label", objective.smooth_fake, "and of fakes")
    if disturbed(recipe):
        settings.add("label_flip", objective.label_flip, "share that D is told the wrong way round")
        settings.add("label_noise", objective.label_noise, "how far labels move at random, at most")
        given += ", real_label: Tensor, fake_label: Tensor"
        code.append(source.of(_disturbed, {
            "objective: Objective, generator": "generator", "objective.": ""}))  # fmt: skip
        code.append('label_stream = stream("labels")')
    if objective.loss == "probabilities":
        code += [source.of(losses._LogLoss), source.of(losses._log_loss)]
        rounded = _indented(source.body(losses.Probabilities._rounded))
        code.append(f"def rounded(score: Tensor) -> Tensor:\n{rounded}")
    changes = {"real = _given(real)\n": "", "_given(real)": "real", "self._rounded": "rounded"}
    if not disturbed(recipe):  # where the house asks for a tensor, though it is the same for all
        changes["targets.real.float()"] = "torch.full_like(p, real_label)"
        changes["targets.fake.float()"] = "torch.full_like(q, fake_label)"
    changes |= {"targets.real": "real_label", "targets.fake": "fake_label"}
    d = source.body(type(rule).d, changes)
    g = source.body(type(rule).g, changes)
    for_g = "real: Tensor, fake: Tensor" if rule.needs_real_for_g else "fake: Tensor"
    code.append(f"def d_loss({given}) -> Tensor:\n{_indented(d)}")
    code.append(f"def g_loss({for_g}) -> Tensor:\n{_indented(g)}")
    words = inspect.cleandoc(type(rule).__doc__ or "") + "\n\n" + rule.meaning
    return Part("the loss", words, blocks(*code))


def _indented(body: str) -> str:
    return "\n".join(f"    {line}" if line.strip() else "" for line in body.splitlines()) + "\n"


# -- penalties ---------------------------------------------------------------------------------


def penalised(recipe: Recipe, settings: Settings) -> Part | None:
    """The functions that keep D's slope in bounds."""
    r = recipe.config.regularisation
    if not penalties.any_penalty(r):
        return None
    code = []
    if r.gp or r.dragan or r.r1 or r.r2:
        code.append(source.of(penalties._gradients, {"_gradients": "slopes"}))
    critic = {"_gradients": "slopes", "critic: Critic": "critic: Callable[[Tensor], Tensor]"}
    if r.gp or r.dragan:
        code += [source.of(penalties.unit_slope, critic), source.of(penalties._one_each)]
        code.append('penalty_stream = stream("penalty")')
    if r.gp:
        settings.add("gp", r.gp, "how strongly D is held to a slope of 1")
        code.append(source.of(penalties.between))
    if r.dragan:
        settings.add("dragan", r.dragan, "how strongly D is held to a slope of 1 around real ones")
        code.append(source.of(penalties.around))
    if r.r1 or r.r2:
        code.append(source.of(penalties.zero_centred, critic))
    for name, value, words in (
        ("r1", r.r1, "γ, how strongly D is kept flat at real pictures"),
        ("r2", r.r2, "and at fakes"),
        ("drift", r.drift, "how strongly D's scores are pulled to 0"),
    ):
        if value:
            settings.add(name, value, words)
    code += _fading(r, settings)
    if r.penalty_every > 1:
        settings.add("penalty_every", r.penalty_every, "moves of D from one penalty to the next")
    words = "A norm is taken for each picture, over C, H and W; gradients are those of its score."
    return Part("what keeps D's slope in bounds", words, blocks(*code))


def _fading(r: Regularisation, settings: Settings) -> list[str]:
    """How γ of R1 and R2 falls, if it does."""
    if (r.r1 or r.r2) and r.gamma_images:
        settings.add("gamma_end", r.gamma_end, "share of γ that is left in the end")
        settings.add("gamma_images", r.gamma_images, "real ones over which it falls")
        left = source.body(penalties.gamma, {"regularisation.": ""}).split("left = ")[1]
        words = '    """Half a cosine from 1 to gamma_end (R3GAN, Huang et al. 2024, app. D)."""\n'
        return [f"def gamma(seen: int) -> float:\n{words}{_indented('left = ' + left)}"]
    return []


def penalty_lines(recipe: Recipe, judge: str, seen: str) -> list[str]:
    """The lines of D's move that add penalties to ``loss``."""
    r, joined = recipe.config.regularisation, recipe.config.objective.joined_batch
    lines, terms = [], []
    if r.gp:
        lines += [f"value, slope = unit_slope({judge}, between(x, fake, penalty_stream))"]
        terms.append("gp * value")
    if r.dragan:
        name = "around_real" if r.gp else "value"
        lines += [f"{name}, slope = unit_slope({judge}, around(x, penalty_stream))"]
        terms.append(f"dragan * {name}")
    fades = " * gamma(" + seen + ")" if r.gamma_images else ""
    for name, on, given in (("r1", r.r1, "x"), ("r2", r.r2, "fake")):
        if on:
            kept = "at_real" if name == "r1" and joined and r.drift else "_"
            lines.append(f"{kept}, steepness_{name} = zero_centred({judge}, {given})")
            terms.append(f"0.5 * {name}{fades} * steepness_{name}.mean()")
    if r.drift:
        scores = "real_score" if not joined else ("at_real" if r.r1 else f"{judge}(x)")
        if judge.startswith("lambda") and scores.startswith("lambda"):
            scores = f"({judge})(x)"
        terms.append(f"drift * {scores}.square().mean()")
    if len(terms) == 1:
        extra = terms[0]
    else:
        lines += [f"penalty = {terms[0]}", *(f"penalty = penalty + {term}" for term in terms[1:])]
        extra = "penalty"
    if r.penalty_every > 1:
        inner = [*lines, f"loss = loss + penalty_every * ({extra})"]
        if extra == "penalty":
            inner[-1] = "loss = loss + penalty_every * penalty"
        return [
            "if moves % penalty_every == 0:  # lazily, and weighing that much more",
            *(f"    {line}" for line in inner),
            "moves += 1",
        ]
    return [*lines, f"loss = loss + {extra}"]


# -- what D sees -------------------------------------------------------------------------------


def told(recipe: Recipe) -> list[Part]:
    """How the players are told a class."""
    if not recipe.classes:
        return []
    code = [source.of(with_classes, {
        "labels: Tensor | None": "labels: Tensor", "labels: int64, N; None leaves z as it is.":
        "labels: int64, N.", "    if labels is None:\n        return z\n": ""})]  # fmt: skip
    if recipe.config.networks.labels == "concat":
        code.append(source.of(with_planes))
    return [Part("telling the class", "", blocks(*code))]


def sight(recipe: Recipe, settings: Settings) -> Part | None:
    """What is done to every picture that D sees: the function ``seen_by_d``."""
    objective, code, body = recipe.config.objective, [], []
    half = 0.5 if recipe.config.networks.g.output == "sigmoid" else 1.0
    words = "Every picture that D sees, real and fake alike, is changed; G learns through it."
    if objective.augment != "none" and (objective.ada or objective.augment_share):
        names = _CHANGES[objective.augment]
        code += [source.of(augment._uniform), *(source.of(getattr(augment, f"_{n}"), {
            "by: float": f"by: float = {0.5 * half!r}"}) for n in names)]  # fmt: skip
        code.append('augment_stream = stream("augment")')
        if objective.ada:
            settings.add("ada_target", objective.ada_target, "as sure of real ones may D be")
            settings.add("ada_images", objective.ada_images, "pictures from no change to all")
            settings.add("augment_images", "batch", "real ones in a move, for ADA")
            adaptive = source.only(augment.Adaptive, ("__init__", "update"), {
                "objective.": "", ", objective: Objective": ""})  # fmt: skip
            code += [adaptive, "adaptive = Adaptive()"]
            del settings.lines["augment_images"]
            body += ["share = adaptive.share"]
        else:
            settings.add("share", objective.augment_share, "of pictures that each change alters")
        body += _changing(names, adaptive=objective.ada)
    if objective.instance_noise:
        settings.add("instance_noise", objective.instance_noise, "σ of the noise over what D sees")
        sigma = "instance_noise"
        if objective.instance_noise_images:
            settings.add("noise_images", objective.instance_noise_images,
                         "real ones until it is gone")  # fmt: skip
            sigma += " * max(0.0, 1.0 - now / noise_images)"
        code.append('noise_stream = stream("noise")')
        body += [f"sigma = {f'{half} * ({sigma})' if half != 1.0 else sigma}"]
        draw = "x + sigma * torch.randn(x.shape, generator=noise_stream, device=x.device)"
        body += (
            ["if sigma:", f"    x = {draw}"] if objective.instance_noise_images else [f"x = {draw}"]
        )
    if not body:
        return None
    given = "x: Tensor, now: int" if objective.instance_noise_images else "x: Tensor"
    lines = [
        f"def seen_by_d({given}) -> Tensor:",
        *(f"    {line}" for line in body),
        "    return x",
    ]
    return Part("what D sees", words, blocks(*code, "\n".join(lines)))


def _changing(names: tuple[str, ...], *, adaptive: bool) -> list[str]:
    listed = f"({', '.join(names)},)" if len(names) == 1 else f"({', '.join(names)})"
    lines = [
        f"for change in {listed}:",
        "    changed = change(x, augment_stream)",
        "    chosen = uniform(x, augment_stream) < share",
        "    x = torch.where(chosen, changed, x)",
    ]
    return ["if share:", *(f"    {line}" for line in lines)] if adaptive else lines


def seeing(recipe: Recipe) -> str:
    """How a picture passes through ``seen_by_d``, as a format string; "{}" if it does not."""
    objective = recipe.config.objective
    changed = objective.augment != "none" and (objective.ada or objective.augment_share)
    if not changed and not objective.instance_noise:
        return "{}"
    fades = objective.instance_noise and objective.instance_noise_images
    return "seen_by_d({}, now)" if fades else "seen_by_d({})"


def matching(recipe: Recipe) -> list[Part]:
    """Feature matching."""
    if not recipe.config.objective.features:
        return []
    text = source.of(matched_means, {"real: list[Tensor], fake: list[Tensor]":
                                     "real: Tensor, fake: Tensor", "[-1]": ""})  # fmt: skip
    return [Part("feature matching", "", re.sub(r"\n{3,}", "\n\n", text))]
