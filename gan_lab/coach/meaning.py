"""What does this curve mean? Answered for the loss in use and the values at hand."""

from __future__ import annotations

from collections.abc import Callable

from gan_lab.coach.evidence import Evidence
from gan_lab.coach.play import has_labels, number
from gan_lab.config import RunConfig
from gan_lab.measures.table import MEASURES
from gan_lab.objectives import LOSSES, resting


def meaning(config: RunConfig, column: str, evidence: Evidence | None = None) -> str:
    """A short plain answer.

    Args:
        column: of the history, or the name of a measure.
        evidence: for the present value; without it only the curve is explained.

    Raises ValueError if there is nothing of that name.
    """
    if column in MEASURES:
        return MEASURES[column].meaning + _last_known(evidence, column)
    now = None if evidence is None else evidence.mean(column)
    for prefix, words in _ANSWERS:
        if column.startswith(prefix):
            return words(config, column, now)
    raise ValueError(f"there is no curve {column!r}")


def _last_known(evidence: Evidence | None, name: str) -> str:
    """The newest number of a metric, and where it is not of now, of which step it is."""
    if evidence is None or (last := evidence.last_known(name)) is None:
        return ""
    step, value = last
    if step >= evidence.step:
        return f" It is {number(value)} now."
    return f" It was {number(value)} at step {step:,}, the last at which it was measured."


Words = Callable[[RunConfig, str, float | None], str]


def _judge_loss(config: RunConfig, column: str, now: float | None) -> str:
    loss, name = config.objective.loss, column.partition("/")[2]
    text = LOSSES[loss].meaning
    if now is None:
        return text
    if loss == "wasserstein":
        return f"{text} Minus {name}'s number is {number(-now)} now. Watch whether it falls."
    half = 0.5 if config.objective.game in ("paired", "unpaired") else 1.0
    rest = half * resting(config.objective).d
    start = f"{name}'s loss is {number(now)} now"
    halved = " (halved in this game)" if half < 1.0 else ""
    if now < 0.1 * rest:
        verdict = f"far below its resting {number(rest)}{halved}: it tells nearly everything right."
    elif now < 0.95 * rest:
        verdict = f"below its resting {number(rest)}{halved}: it tells many right. That is usual."
    elif now < 1.05 * rest:
        verdict = (
            f"where it rests ({number(rest)}{halved}): it can only guess. Good fakes and a blind D"
            " look the same here; the measures decide."
        )
    else:
        verdict = f"above its resting {number(rest)}{halved}: it is wrong more often than a guess."
    return f"{start}, {verdict} {text}"


def _generator_loss(config: RunConfig, _: str, now: float | None) -> str:
    loss, objective = config.objective.loss, config.objective
    text = LOSSES[loss].meaning
    if now is None:
        return text
    start = f"G's loss is {number(now)} now"
    if loss == "wasserstein":
        return f"{start}. By itself it means nothing: the critic's scores have no zero. {text}"
    if objective.adversarial != 1.0 or objective.features or config.networks.labels == "auxiliary":
        return f"{start}; other things count in it too, so it rests elsewhere. {text}"
    rest = resting(objective).g
    near = abs(now - rest) <= 0.05 * max(abs(rest), 1.0)
    if near:
        verdict = f"where it rests ({number(rest)}): D cannot tell its fakes from real pictures."
    elif now > rest:
        verdict = (
            f"above its resting {number(rest)}: D tells most fakes. By itself that is no fault;"
            " a loss of G that grows while D gets better is usual."
        )
    else:
        verdict = f"below its resting {number(rest)}: G fools D more often than not."
    return f"{start}, {verdict} {text}"


def _opinion(config: RunConfig, column: str, now: float | None) -> str:
    fake = "(G" in column
    of = "fakes" if fake else "real pictures"
    said = "" if now is None else f" It is {number(now)} now."
    loss = config.objective.loss
    if loss.startswith("relativistic"):
        what = f"How often D takes {of} for the more real ones; it rests at 0.5."
    elif loss == "least-squares":
        what = f"What D says to {of}, cut off at 0 and 1; it rests at 0.5."
    elif not has_labels(config):
        what = (
            f"D's mean score of {of}, squeezed between 0 and 1 for the plot. With the loss {loss}"
            " it is no probability: only how far D(x) and D(G(z)) lie apart says something."
        )
    else:
        rest = resting(config.objective).opinion
        what = f"The probability of “real” that D gives to {of}; it rests at {number(rest)}."
    if now is None or not has_labels(config):
        return what + said
    right = 1.0 - now if fake else now
    if right > 0.95:
        verdict = " D is nearly sure; if it stays so, G may learn little."
    elif right < 0.5:
        verdict = " It is wrong more often than not."
    else:
        verdict = " Neither side has won."
    return what + said + verdict


def _gradient(_: RunConfig, column: str, now: float | None) -> str:
    name = column.partition("/")[2]
    text = (
        f"The length of all of {name}'s gradients together, before any clipping: how hard {name} is"
        " pushed. Its size depends on the network; what counts is whether it dies away or grows"
        " without end."
    )
    if now is None:
        return text
    verdict = ": hardly anything" if now < 1e-3 else ", which is long" if now > 1000 else ""
    return f"{text} It is {number(now)} now{verdict}."


def _rate(config: RunConfig, column: str, now: float | None) -> str:
    name = column.partition("/")[2]
    optim = config.optim.of(name)
    course = "it stays" if optim.schedule == "constant" else f"it falls ({optim.schedule})"
    value = optim.lr if now is None else now
    return (
        f"The size of {name}'s steps with {optim.name}: {number(value)} now, and {course} as"
        " training goes on."
    )


def _said(text: str) -> Words:
    """The same whatever the configuration, and the present value."""

    def words(_: RunConfig, __: str, now: float | None) -> str:
        return text if now is None else f"{text} It is {number(now)} now."

    return words


_ANSWERS: tuple[tuple[str, Words], ...] = (
    ("loss/G", _generator_loss),
    ("loss/", _judge_loss),
    ("D(", _opinion),
    ("D_", _opinion),
    ("grad/", _gradient),
    ("lr/", _rate),
    ("gp", _said("How steep D is between real pictures and fakes; the penalty pulls it to 1.")),
    ("dragan", _said("How steep D is around real pictures; the penalty pulls it to 1.")),
    ("r1", _said("Squared slope of D at real pictures. Large: D judges by tiny details.")),
    ("r2", _said("Squared slope of D at fakes. Large: D judges by tiny details.")),
    ("naming", _said("How badly D names the class of real pictures: 0 is perfect, and a guess among"
                     " ten costs 2.3.")),
    ("augment", _said("Share of the pictures that each change is applied to. It grows while D knows"
                      " its training pictures too well.")),
    ("pixels", _said("Mean difference of G's picture to the right answer; smaller is better.")),
    ("PSNR bicubic", _said("Decibels of plain enlargement of the same pictures: what G has to"
                           " beat.")),
    ("PSNR", _said("How near G is to the true pictures, in decibels; 3 more halve the squared"
                   " error. Sharp pictures may score below blurred ones.")),
    ("vgg", _said("How different G's and the true pictures look to VGG19; smaller is better.")),
    ("cycle", _said("How far a picture is from itself after the way there and back; smaller is"
                    " better.")),
    ("identity", _said("How much G changes what is of the wanted kind already; 0 is not at all.")),
    ("grow/side", _said("Side of the pictures that both players work on, in pixels.")),
    ("grow/alpha", _said("Share of the newest level in every picture; at 1 it has faded in.")),
)  # fmt: skip
"""By how a column's name begins; the first that fits answers."""
