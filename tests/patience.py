"""How long tests wait for what runs in other threads."""

WAIT = 60.0
"""s, far more than anything here takes: a busy machine is slow, not wrong."""
