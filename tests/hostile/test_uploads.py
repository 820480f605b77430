"""Own pictures: whatever is dropped comes in, is listed as broken, or is refused in a sentence."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_lab.config import Data, RunConfig, put
from gan_lab.data import DataError, take_in
from gan_lab.images.decoding import Budget
from gan_lab.runs import Registry
from gan_lab.runs.uploads import Uploads, folder_of, refuse_foreign
from tests.archives.zipping import raw_zip, zipped
from tests.data.files import encoded, plain

from .harness import sentence, tree, watched
from .uploads import ENTRIES, FILES, GOOD, HARMLESS, NAMES, PICTURES, PLACES, beside

FITS = ("crop", "pad", "stretch")


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A server's folders: what visitors send lies below ``data/own``."""
    for name, folder in (("DATA", "data"), ("RUNS", "runs"), ("CACHE", "cache")):
        monkeypatch.setenv(f"GANLAB_{name}", str(tmp_path / folder))
    monkeypatch.setenv("GANLAB_OWN_MEGABYTES", "400")
    (tmp_path / "data").mkdir()
    (tmp_path / "beside").write_text("not to be touched", "utf-8")
    return tmp_path


@pytest.fixture
def sent(place):
    """Send files as a visitor, and read what was kept as the page does."""

    def send(*files, **data):
        with watched(place / "data" / "own", place / "cache"):
            kept = Uploads("anna").keep([(name, BytesIO(content)) for name, content in files])
            return take_in(kept, Data(name=str(kept), size=16, **data))

    before = tree(place)
    yield send
    after = tree(place)
    assert before.items() <= after.items()
    assert all(name.startswith(("data/own/", "cache/")) for name in after.keys() - before.keys())


def reason(intake, place):
    ((_, why),) = intake.broken
    sentence(f"It is {why}", hidden=[place])
    return why


@pytest.mark.parametrize("case", PICTURES)
def test_a_picture_that_is_none_is_listed_and_the_others_are_taken(sent, place, case):
    content, words = PICTURES[case]
    _, intake = sent(("1.png", GOOD), ("evil.png", content()), ("2.png", GOOD))
    assert intake.taken == 2 and words in reason(intake, place)


@pytest.mark.parametrize(
    ("case", "fit"),
    [(case, fit) for case in HARMLESS for fit in FITS if "million" not in case or fit == "pad"],
)
def test_a_strange_picture_is_taken_as_far_as_it_is_one(sent, case, fit):
    pictures, intake = sent(("1.png", GOOD), ("evil.png", HARMLESS[case]()), fit=fit)
    assert intake.taken == 2 and pictures.images.shape[-1] == 16


@pytest.mark.parametrize("case", ENTRIES)
def test_an_entry_that_is_not_safe_is_listed_and_the_others_are_taken(sent, place, case):
    entry, words = ENTRIES[case]
    _, intake = sent(("own.zip", beside(entry())))
    assert intake.taken == 2 and words in reason(intake, place)


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_is_nothing_is_refused_in_a_sentence(sent, place, case):
    name, content, words = FILES[case]
    with pytest.raises(DataError) as refusal:
        sent((name, content()))
    said = str(refusal.value)
    assert words in said
    sentence(said.replace(str(next((place / "data").rglob("*.zip"), "")), name), hidden=[place])


@pytest.mark.parametrize("case", NAMES)
def test_no_name_of_a_file_leads_anywhere(sent, case):
    _, intake = sent((NAMES[case], GOOD), ("good.png", GOOD))
    assert intake.taken == 2 and not intake.broken


@pytest.fixture
def theirs(place):
    kept = Uploads("bert").keep([("own.zip", BytesIO(zipped([("a.png", GOOD)])))])
    folder = kept.parent
    return {"theirs": kept, "folder": folder, "tail": folder.name, "file": kept.name, "root": place}


@pytest.mark.parametrize(
    ("case", "allowed"),  # with "1" whoever runs the server lets visitors name its folders
    [(case, "0") for case in PLACES] + [(case, "1") for case in PLACES if "people" in case],
)
def test_no_name_of_a_place_opens_what_is_not_a_visitors_own(
    place, theirs, monkeypatch, case, allowed
):
    name = PLACES[case].format(**theirs)
    monkeypatch.setenv("GANLAB_FOLDERS", allowed)
    for ask in (lambda: refuse_foreign(name, "anna"), lambda: folder_of(name)):
        with watched(place / "none"), pytest.raises(DataError) as refusal:
            ask()
        sentence(str(refusal.value), hidden=[place, name[:200]])


def test_many_pixels_out_of_few_bytes_are_not_decoded(sent, monkeypatch):
    monkeypatch.setattr(Budget, "FREE", 3_000_000)
    flat = encoded(plain(0, (1_000, 1_000), "1"))
    _, intake = sent(*((f"{k}.png", flat) for k in range(9)))
    assert (intake.taken, intake.broken_count) == (3, 6)
    assert {why for _, why in intake.broken} == {
        "too many pixels out of too few bytes, as in bombs"
    }


def test_no_run_begins_with_what_is_not_a_visitors_own(place, theirs):
    registry = Registry()
    with watched(place / "none"), pytest.raises(DataError) as refusal:
        registry.start(put(RunConfig(), {"data.name": str(theirs["theirs"])}), "anna")
    sentence(str(refusal.value), hidden=[place])
    assert not (place / "runs").exists()


def test_a_visitor_keeps_so_many_sets_and_no_more(place):
    mine = Uploads("anna")
    content = zipped([("a.png", GOOD)])
    for _ in range(20):
        mine.keep([("a.zip", BytesIO(content))])
    with pytest.raises(DataError) as refusal:
        mine.keep([("a.zip", BytesIO(content))])
    sentence(str(refusal.value), hidden=[place])
    Uploads("bert").keep([("a.zip", BytesIO(content))])


def test_a_visitor_keeps_so_many_megabytes_and_no_more(place, sent, monkeypatch):
    monkeypatch.setenv("GANLAB_OWN_MEGABYTES", "8")
    with pytest.raises(DataError, match="3 MB, and 2 MB are the most") as refusal:
        sent(("a.png", bytes(3_000_000)))
    sentence(str(refusal.value), hidden=[place])


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(st.data())
def test_a_zip_with_any_bytes_changed_is_read_or_refused(tmp_path_factory, data):
    content = bytearray(beside(*(make() for make, _ in list(ENTRIES.values())[:3])))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("zip") / "own.zip"
    path.write_bytes(content)
    with watched(path.parent):
        try:
            _, intake = take_in(path, Data(name=str(path), size=16))
        except DataError as error:
            sentence(str(error).replace(str(path), path.name), hidden=[path.parent])
        else:
            assert intake.taken <= 5
            for _, why in intake.broken:
                sentence(f"It is {why}", hidden=[path.parent])


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(st.sampled_from([PICTURES, HARMLESS]), st.data())
def test_a_picture_with_any_bytes_changed_is_read_or_listed(tmp_path_factory, table, data):
    small = {k: v for k, v in table.items() if "MB" not in k and "million" not in k}
    made = small[data.draw(st.sampled_from(sorted(small)))]
    content = bytearray((made[0] if isinstance(made, tuple) else made)()[:5000] or b"\0")
    for _ in range(data.draw(st.integers(0, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("picture") / "own.zip"
    entry = {"name": b"x.png", "data": bytes(content)}
    path.write_bytes(raw_zip([entry, {"name": b"good.png", "data": GOOD}]))
    with watched(path.parent):
        _, intake = take_in(
            path, Data(name=str(path), size=16, fit=data.draw(st.sampled_from(FITS)))
        )
    assert intake.taken + intake.broken_count == 2
