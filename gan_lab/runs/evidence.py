"""What the coach looks at, taken from a run."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from gan_lab.coach import Evidence, Probe
from gan_lab.measures import Measured
from gan_lab.runs.account import Account

RECENT = 500  # readings, at most, that the coach gets one by one


def gathered(
    account: Account,
    history_lock: threading.Lock,
    measured: tuple[Measured, ...] = (),
    probe: Probe | None = None,
    preview: Probe | None = None,
    *,
    broken: bool = False,
    undoable: Iterable[int] = (),
) -> Evidence:
    """A run as its newest readings tell it; any thread.

    The trainer may be some rounds further: what counts is how far the readings go.
    """
    with history_lock:
        history = account.history
        config, counts, ledger = account.config, account.counts, list(account.ledger)
        recent, whole = history.recent(RECENT), history.curves()
    return Evidence(
        config=config,
        kind=account.kind,
        total=account.total,
        counts=counts._replace(steps=whole.records),
        recent=recent,
        whole=whole,
        measured=measured,
        probe=probe,
        preview=preview,
        ledger=tuple(ledger),
        broken=broken,
        undoable=frozenset(undoable),
    )
