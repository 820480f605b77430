"""Reads a run's history and its players, says what is wrong and what to try."""

from gan_lab.coach.coach import Coach, dated, gravest_first, health
from gan_lab.coach.evidence import Evidence
from gan_lab.coach.findings import Advice, Condition, Event, Finding, Health, Rule, Sign, Weight
from gan_lab.coach.probe import Probe

__all__ = [
    "Advice",
    "Coach",
    "Condition",
    "Event",
    "Evidence",
    "Finding",
    "Health",
    "Probe",
    "Rule",
    "Sign",
    "Weight",
    "dated",
    "gravest_first",
    "health",
]
