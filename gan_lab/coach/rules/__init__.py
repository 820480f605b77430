"""What the coach can say: one rule a file, listed in ``RULES``."""
