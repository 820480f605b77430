"""One colour for each of the three: G, D and the real pictures, the same everywhere.

Apart for people who see red and green alike too, and for those who see blue and green alike as
far as that goes; at least 3:1 against both themes' backgrounds. Nothing else is of these colours,
and none of them is the only sign of what it stands for.
"""

G = "#3A7BE6"
D = "#D95A0F"
REAL = "#12997C"

COLOURS = {"g": G, "d": D, "real": REAL}
