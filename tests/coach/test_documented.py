"""docs/coach.md tells every rule that there is."""

from __future__ import annotations

from gan_lab.coach.rules import RULES
from tests.documented import held, table


def test_every_rule_stands_in_the_document() -> None:
    rows = [
        (rule.title, rule.weight.value, str(rule.patience), rule.why, rule.source)
        for rule in sorted(RULES, key=lambda rule: rule.name)
    ]
    held("coach.md", "rules", table(("what", "weight", "rounds", "why", "source"), rows))
