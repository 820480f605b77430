"""How long tests wait for what runs in other threads and processes."""

WAIT = 120.0
"""s, far more than anything here takes: a busy machine is slow, not wrong. It guards against a
hang alone, so no test sets a bound of its own, and none expects anything to be over by then."""
