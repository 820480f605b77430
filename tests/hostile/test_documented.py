"""The corpus as docs/security.md counts it, and the limits as it tells them."""

from __future__ import annotations

from gan_lab.archives import Limits
from gan_lab.data.own import decoding
from gan_lab.images import MAX_PIXELS, workers
from gan_lab.images.decoding import HEAVY, Budget
from gan_lab.images.headers import MAX_SCANS, MAX_STRIPS, SMALL_PIXELS
from gan_lab.presets import LONGEST as CONFIGURATION
from gan_lab.runs.disk import FREE
from gan_lab.server import connections, limits, making
from gan_lab.server.explore.conversation import UNDER_WAY
from gan_lab.server.explore.uploaded import LARGEST, MOST_PIXELS
from gan_lab.server.film import _QUEUE
from gan_lab.server.limits import LATENT, LIVE
from gan_lab.server.single_images import OWN_WAITING, WAITING
from gan_lab.server.turns import THREADS
from gan_lab.share import LONGEST as LINK
from gan_lab.ui import jobs
from tests.documented import held, table

from . import command_line, links, runs, sockets, test_routes, uploads

CORPUS: dict[str, dict[str, tuple]] = {
    "own pictures": {
        "pictures that are none": (uploads.PICTURES,),
        "strange pictures": (uploads.HARMLESS,),
        "entries of a zip": (uploads.ENTRIES,),
        "whole files": (uploads.FILES,),
        "names of files": (uploads.NAMES,),
        "names of places": (uploads.PLACES,),
    },
    "runs that are brought": {
        "zips of a run": (runs.BUNDLES,),
        "other files": (runs.FILES,),
    },
    "links and configurations": {
        "damaged links": (links.DAMAGED,),
        "links that say too much": (links.IGNORED,),
        "files for --config": (links.CONFIGS,),
    },
    "sockets": {
        "messages to the live socket": (sockets.LIVE_WRONG, sockets.LIVE_STRANGE),
        "messages to the latent socket": (sockets.LATENT_WRONG, sockets.PICTURES),
    },
    "routes": {
        "guessed view ids": (test_routes.GUESSES,),
        "foreign origins": (test_routes.FOREIGNERS,),
        "names, cookies and bodies": (test_routes.NAMES, test_routes.COOKIES, test_routes.BODIES),
    },
    "command line": {"command lines": (command_line.LINES,)},
}


def count(tables: tuple) -> int:
    return sum(map(len, tables))


def test_the_corpus_is_as_large_as_the_document_says():
    rows = [
        (entrance, what, f"{count(tables):,}")
        for entrance, parts in CORPUS.items()
        for what, tables in parts.items()
    ]
    total = sum(count(tables) for parts in CORPUS.values() for tables in parts.values())
    assert total >= 150
    rows.append(("all", "", f"{total:,}"))
    fields = sum(map(len, sockets.SOUND.values()))
    rows.append(("questions by name", "fields × wrong values", f"{fields * len(sockets.WRONG):,}"))
    held("security.md", "corpus", table(("entrance", "inputs", "how many"), rows))


def test_the_limits_are_as_the_document_tells_them():
    def talk(name, one):
        return [
            (f"{name} socket", "one message", f"{one.longest:,} characters"),
            (
                f"{name} socket",
                "in the long run",
                f"{one.a_second} messages and {one.volume >> 20} MiB a second",
            ),
            (f"{name} socket", "at once", f"{one.at_once} messages, {4 * one.volume >> 20} MiB"),
        ]

    def then(rates):
        return f"{rates.at_once} at once, then {rates.a_second:g} a second"

    def shared(of_all):
        return f"{limits.of_address(of_all):,} of an address, {of_all:,} of all"

    def crowd(rates):
        return (
            f"{limits.CROWD * rates.at_once} at once, then {limits.CROWD * rates.a_second:g} a"
            " second"
        )

    wishes, arrivals, costs = limits.wishes(), limits.arrivals(), limits.IMAGE_SECONDS
    rows = [
        (
            "sockets",
            "open at once",
            f"{limits.LINES} of a visitor, {shared(limits.ALL_LINES)}",
        ),
        (
            "connections",
            "without a whole request",
            f"{connections.OF_ADDRESS} of an address, {connections.OF_ALL:,} of all",
        ),
        (
            "connections",
            "how long without a whole request",
            f"{connections.HEAD:g} s, at most half as much again",
        ),
        *talk("live", LIVE),
        *talk("latent", LATENT),
        (
            "latent socket",
            "a question by name",
            f"{limits.QUESTION >> 20} MiB, {limits.VALUES:,} values",
        ),
        ("latent socket", "a picture", f"{LARGEST >> 20} MiB, {MOST_PIXELS:,} pixels"),
        (
            "pictures one by one",
            "a visitor",
            f"{costs.at_once:g} s of processor time at once, then {costs.a_second:g} s a second",
        ),
        (
            "pictures one by one",
            "an address",
            "{1:g} s of processor time at once, then {0:g} s a second".format(
                *limits.ADDRESS_SECONDS
            ),
        ),
        ("pictures one by one", "decoded at once", f"{THREADS}, one of a visitor"),
        (
            "pictures one by one",
            f"up to {SMALL_PIXELS:,} pixels decoded at once",
            f"{THREADS} more, one of a visitor",
        ),
        ("pictures one by one", "that wait", f"{OWN_WAITING} of a visitor, {shared(WAITING)}"),
        ("own pictures", "threads that read sets", f"{jobs.THREADS}, {jobs.EACH} of a visitor"),
        (
            "latent socket",
            "threads for questions by name",
            f"{THREADS}, one of a visitor",
        ),
        ("latent socket", "questions under way", f"{UNDER_WAY} of a page, one of each name"),
        ("`bring`", "a run", f"{limits.ZIP >> 20:,} MiB"),
        ("`bring`", "at once", f"one of a visitor, {shared(limits.BRINGING)}"),
        (
            "`bring`",
            "a visitor",
            then(arrivals),
        ),
        ("`bring`", "an address", crowd(arrivals)),
        (
            "`bring`",
            "how slowly",
            f"{limits.SLOWEST >> 10} KiB a second, after the first {limits.PATIENCE:g} s",
        ),
        ("uploads, `bring`, `takeout`", "disk that stays free", f"{FREE >> 20} MiB"),
        ("`takeout`", "a wish", f"{limits.WISH:,} bytes"),
        (
            "`takeout`",
            "wishes of a visitor for a run",
            then(wishes),
        ),
        ("`takeout`", "wishes of an address", crowd(wishes)),
        ("`takeout`", "files under way", f"one of a visitor and run, {shared(making.QUEUE)}"),
        ("`film`", "animations that are waited for", f"one of a visitor, {shared(_QUEUE)}"),
        ("a link", "its text", f"{LINK:,} characters"),
        ("a configuration", "its file", f"{CONFIGURATION >> 10:,} KiB"),
        ("a picture", "by its header", f"{MAX_PIXELS:,} pixels"),
        (
            "a picture",
            "by its header",
            f"{MAX_SCANS} scans of a JPEG, {MAX_STRIPS:,} strips of a TIFF",
        ),
        (
            "a picture",
            "decoding it",
            f"{workers.CPU_SECONDS:g} s of processor time, {workers.MEMORY >> 20} MiB",
        ),
        (
            "own pictures",
            "all of a set together",
            f"{Budget.FREE:,} pixels, or {Budget.A_BYTE} for each byte",
        ),
        (
            "own pictures",
            f"of more than {HEAVY:,} pixels and {Budget.A_BYTE} for each byte",
            f"{Budget.FLAT:,} pixels together",
        ),
        (
            "own pictures",
            "decoding a set",
            f"{decoding.FREE_SECONDS:g} s of processor time, {decoding.SECONDS_A_MIB:g} s a MiB",
        ),
        ("a zip", "its directory", f"{Limits().entries:,} entries"),
    ]
    held("security.md", "limits", table(("where", "what", "the most"), rows))
