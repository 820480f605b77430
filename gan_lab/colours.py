"""One colour for each of the three: G, D and the real pictures, the same everywhere.

Apart for people who see red and green alike too; at least 3:1 against both themes' backgrounds.
"""

G = "#2F86D6"
D = "#D9660F"
REAL = "#169B6B"

COLOURS = {"g": G, "d": D, "real": REAL}
