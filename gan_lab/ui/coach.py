"""What the coach advises, applied to the run on the screen."""

from __future__ import annotations

import json
from typing import Any

from gan_lab.coach import Advice, Finding
from gan_lab.coach.findings import ADVISED
from gan_lab.config import KNOBS, RunConfig, difference, get, known
from gan_lab.runs.messages import Checkup
from gan_lab.server import registry
from gan_lab.ui import experiment
from gan_lab.ui.widgets import name_of, told

TAKEN_BACK = "Not changed: the coach does not say that any more."


def turned_by(config: RunConfig) -> dict[str, list[str]]:
    """All knobs by path, as the page names what an advice turns: name for people, present value."""
    apart = [path for path in difference(config, RunConfig()) if path not in KNOBS]
    return {
        path: [name_of(path), told(get(config, path))]
        for path in (*KNOBS, *apart)
        if known(path).kind != "layers"
    }


def advised(checkup: Checkup, asked: Any) -> tuple[Finding, Advice] | None:
    """The advice that a page means; None if the coach gives no such advice.

    Args:
        asked: ``{"rule": name, "advice": {"text": ..., "changes": [[path, value], ...], "undo":
            {"change": ..., "step": ...} or null}}`` as a browser sends it: anything at all. The
            advice is told by what the page showed, as places change; what is to be changed is
            looked up here and never taken from there.
    """
    if not isinstance(asked, dict) or checkup.health is None:
        return None
    for finding in checkup.health.findings:
        for advice in finding.advice:
            shown = json.loads(json.dumps(advice.to_json()))
            del shown["live"]  # the page knows it, and does not send it back
            if finding.rule.name == asked.get("rule") and shown == asked.get("advice"):
                return finding, advice
    return None


def take(asked: Any) -> None:
    """Follow an advice: undo a change, or turn knobs for a reason that the run's ledger tells. What
    is not live is turned for the next start.

    Args:
        asked: as for :func:`advised`.
    """
    mine = experiment.experiment()
    hosted = registry().get(mine.view_id)
    if hosted is None:
        mine.complaint = experiment.GONE
        return
    found = advised(hosted.run.checkup(), asked)
    if found is None:
        mine.complaint = TAKEN_BACK
        return
    finding, advice = found
    if advice.undo is not None:
        experiment.undo(advice.undo.change)
        return
    experiment.change_each(advice.changes, f"{ADVISED}{finding.rule.title} - {advice.text}")
