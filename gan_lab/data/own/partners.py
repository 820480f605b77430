"""Which pictures of two folders belong together."""

from __future__ import annotations

from pathlib import PurePosixPath


def partners(names: list[PurePosixPath], readable: list[bool]) -> list[int]:
    """What has a readable partner in the other one of the first two folders; the rest as it is.

    Partners have the same name but for its ending. Where the folders share no names, the k-th file
    of one belongs to the k-th of the other.

    Args:
        names: of all files, in order.
        readable: whether each is a picture.

    Returns:
        Numbers of the files to keep: of the first folder, of the second, then of all others.
    """
    folders = sorted({name.parent.name for name in names})[:2]
    sides = [[k for k, n in enumerate(names) if n.parent.name == folder] for folder in folders]
    good = [k for k, fine in enumerate(readable) if fine]
    if len(sides) < 2:
        return good
    stems = [{names[k].stem for k in side} for side in sides]
    if stems[0] & stems[1]:
        whole = [{names[k].stem for k in side if readable[k]} for side in sides]
        both = whole[0] & whole[1]
        kept = [[k for k in side if names[k].stem in both] for side in sides]
    elif len(sides[0]) == len(sides[1]):
        pairs = [(a, b) for a, b in zip(*sides, strict=True) if readable[a] and readable[b]]
        kept = [[pair[k] for pair in pairs] for k in range(2)]
    else:
        kept = sides
    others = [k for k, name in enumerate(names) if name.parent.name not in folders]
    return [k for k in kept[0] + kept[1] + others if readable[k]]
