"""Generators that came with the app: what they make, how they were made, wrong files."""

from __future__ import annotations

import io
import json
import pickle
import shlex
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

import gan_lab
from gan_lab.cli.options import experiment
from gan_lab.data import NAMED, Kind, load
from gan_lab.games import game_of
from gan_lab.metrics.frechet import frechet
from gan_lab.presets import presets
from gan_lab.runs import Budget, Registry, open_generators, open_named
from gan_lab.runs.messages import Shown
from gan_lab.runs.pretrained import (
    FOLDER,
    Pretrained,
    PretrainedError,
    named,
    of_view,
    pretrained,
    read,
    write,
)
from tests.patience import WAIT

EVERY = list(pretrained().values())
COUNT = 2000


@pytest.fixture(params=EVERY, ids=[one.name for one in EVERY])
def one(request: pytest.FixtureRequest) -> Pretrained:
    return request.param


def features(pictures: Tensor) -> Tensor:
    """Means of 4×4 parts of each channel: coarse, so that a few thousand pictures are enough."""
    return F.adaptive_avg_pool2d(pictures.float() / 255, 4).flatten(1)


def classes_in_turn(shown: Shown) -> Tensor | None:
    return torch.arange(COUNT) % 10 if shown.model.classes else None


def real(shown: Shown, *, train: bool = True) -> tuple[Tensor, Tensor]:
    name = shown.config.data.name
    if not NAMED[name].here():
        pytest.skip(f"{name} is not on this machine")
    pictures = load(shown.config.data, train=train)
    assert pictures.labels is not None
    return pictures.images, pictures.labels


def test_there_are_three_and_they_are_small() -> None:
    assert [one.name for one in EVERY] == ["faces", "digits", "fashion"]
    files = sorted(FOLDER.glob("*.pt"))
    assert {path.stem for path in files} == {one.name for one in EVERY}
    assert sum(path.stat().st_size for path in files) < 5e6
    assert [bool(one.shown().model.classes) for one in EVERY] == [False, False, True]


def test_they_stand_still_for_everybody(one: Pretrained) -> None:
    assert Registry().explorable(one.view_id) is one is of_view(one.view_id)
    assert one.shown() is one.shown()
    assert not one.may_control("somebody") and one.directory is None
    assert not one.shown().network.training
    assert not any(p.requires_grad for p in one.shown().network.parameters())
    with one.exploring():
        assert one.state == "pretrained"


def test_what_is_said_of_how_it_was_made_is_what_it_holds(one: Pretrained) -> None:
    train, export = map(shlex.split, one.made.strip().splitlines())
    assert train[:4] == [*export[:3], "train"] == ["python", "-m", "gan_lab", "train"]
    said = dict(zip(train[4::2], train[5::2], strict=True))
    sets = [value for name, value in zip(train[4::2], train[5::2], strict=True) if name == "--set"]
    assert said["--preset"] in presets()
    config = experiment(said["--preset"], None, {"data.name": said["--data"]}, sets)
    shown = one.shown()
    assert config == shown.config
    assert shown.step == -(-int(said["--images"]) // config.training.batch)
    assert export[3:] == [
        "export", said["--out"], "--to", "generator", "--out", f"assets/pretrained/{one.name}.pt",
    ]  # fmt: skip


def test_what_it_makes_is_near_what_is_real(one: Pretrained) -> None:
    shown = one.shown()
    pictures, _ = real(shown)
    model, known = shown.model, features(pictures[:COUNT])
    made = frechet(known, features(model.images(model.draw(COUNT, 1), classes_in_turn(shown))))
    few = model.draw(20, 1).repeat(COUNT // 20, 1)  # as of a G that knows twenty pictures
    poor = frechet(known, features(model.images(few, classes_in_turn(shown))))
    new = game_of(shown.config).generators(shown.config, shown.kind)["G"].eval()
    nothing = Shown({"G": new}, 0, shown.config, shown.kind).model
    untrained = features(nothing.images(model.draw(COUNT, 1), classes_in_turn(shown)))
    assert made < 0.1
    assert made < min(poor / 2, frechet(known, untrained) / 20)


def test_the_classes_of_the_clothes_are_told_by_the_nearest_mean() -> None:
    shown = named("fashion").shown()
    pictures, labels = real(shown)
    means = torch.stack([pictures[labels == k].float().mean(0).flatten() for k in range(10)])

    def told(some: Tensor) -> Tensor:
        return torch.cdist(some.float().flatten(1), means).argmin(1)

    asked = torch.arange(COUNT) % 10
    made = shown.model.images(shown.model.draw(COUNT, 2), asked)
    held, truth = real(shown, train=False)
    share = float((told(made) == asked).float().mean())
    assert share > 0.9 * float((told(held) == truth).float().mean()) > 0.5  # chance is 0.1


def test_all_ten_digits_are_drawn() -> None:
    shown = named("digits").shown()
    pictures, labels = real(shown)
    means = torch.stack([pictures[labels == k].float().mean(0).flatten() for k in range(10)])
    made = shown.model.images(shown.model.draw(COUNT, 2)).float().flatten(1)
    counts = torch.cdist(made, means).argmin(1).bincount(minlength=10)
    assert counts.min() > 0.05 * COUNT


def test_faces_differ_as_drawn_ones_do() -> None:
    shown = named("faces").shown()
    pictures, _ = real(shown)
    made = shown.model.images(shown.model.draw(COUNT, 2))
    spread = [some.float().flatten(1).std(0).mean() for some in (pictures[:COUNT], made)]
    assert 0.85 < float(spread[1] / spread[0]) < 1.15


# -- opening by name ------------------------------------------------------------------------------


def test_it_is_opened_by_name_wherever_a_run_could_be() -> None:
    assert open_named("pretrained:digits") is named("digits").shown()
    model = gan_lab.load("pretrained:fashion")
    assert model.images(model.draw(2)).shape == (2, 1, 28, 28)
    with pytest.raises(PretrainedError, match="no generator pretrained:dogs; there are faces"):
        open_named("pretrained:dogs")
    assert of_view("pretrained-dogs") is None and of_view("faces") is None


# -- files ----------------------------------------------------------------------------------------


def test_what_is_written_is_read_to_the_bit(begin, small, tmp_path: Path) -> None:
    run = begin(small({}), budget=Budget(steps=3))
    assert run.join(WAIT)
    shown = open_generators(run.directory)
    path = tmp_path / "g.pt"
    with path.open("wb") as file:
        write(shown, file)
    again = read(path)
    assert (again.config, again.kind, again.step) == (shown.config, shown.kind, 3)
    z = shown.model.draw(5)
    assert torch.equal(again.model.raw(z), shown.model.raw(z))


def test_a_generator_of_pictures_out_of_pictures_is_refused() -> None:
    config = presets()["pix2pix-small"].config
    shown = Shown({"G": torch.nn.Identity()}, 1, config, Kind(3, 32, ()))
    file = io.BytesIO()
    with pytest.raises(PretrainedError, match="begins from a picture"):
        write(shown, file)
    assert not file.getvalue()


class Bomb:
    """Unpickled, it would leave a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def spoiled(change) -> bytes:
    state = torch.load(FOLDER / "digits.pt", weights_only=True)
    change(state)
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def nan(state: dict) -> None:
    next(iter(state["weights"].values())).view(-1)[0] = float("nan")


def narrower(state: dict) -> None:
    tree = json.loads(state["config"])
    tree["networks"]["g"]["width"] = 8
    state["config"] = json.dumps(tree)


def strange(state: dict) -> None:
    state["config"] = json.dumps(json.loads(state["config"]) | {"nonsense": 1})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "read as a generator"),
        (b"no generator", "read as a generator"),
        ((FOLDER / "digits.pt").read_bytes()[:5000], "read as a generator"),
        (spoiled(nan), "is not finite"),
        (spoiled(narrower), "do not fit the configuration"),
        (spoiled(strange), "nonsense"),
        (spoiled(lambda state: state.update(format=99)), "format is 99"),
        (spoiled(lambda state: state.pop("weights")), "weights"),
        (spoiled(lambda state: state["weights"].popitem()), "do not fit"),
        (spoiled(lambda state: state.update(kind="x")), "unpack"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "g.pt"
    path.write_bytes(content)
    with pytest.raises(PretrainedError, match=words) as caught:
        read(path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_nothing_in_a_file_is_executed(tmp_path: Path) -> None:
    trace = tmp_path / "was-here"
    for name, content in (
        ("plain", pickle.dumps(Bomb(trace))),
        ("inside", spoiled(lambda state: state.update(step=Bomb(trace)))),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(PretrainedError):
            read(path)
    assert not trace.exists()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(PretrainedError, match="read as a generator"):
        read(tmp_path / "none.pt")


def test_they_name_no_folder_of_the_machine_that_trained_them(one: Pretrained) -> None:
    config = one.shown().config
    assert config.data.name in NAMED and config.training.start_from == ""
