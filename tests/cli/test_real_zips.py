"""The real zips, from the zip to every file that leaves the app, each read by what it is for."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from gan_lab.cli import main
from gan_lab.data import data_root
from gan_lab.export import EXPORTS
from gan_lab.export.program import Outward, example, names
from gan_lab.runs import RunDirectory, open_generators, open_players
from gan_lab.runs.messages import Shown
from tests.outside import Outside

N = 12  # pictures of a set
ROUNDS = 4
TINY = (
    "networks.g.width=4", "networks.d.width=4", "networks.g.max_width=8", "networks.d.max_width=8",
    "latent.dim=8", "training.batch=4", "training.grid=2", "training.threads=1",
    "training.measuring=0",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What is made of a zip: its options, and the kind of its pictures."""

    zip: str
    options: tuple[str, ...]
    shape: tuple[int, int, int]  # height, width, channels
    classes: int = 0
    refused: tuple[str, ...] = ()

    @property
    def from_noise(self) -> bool:
        return not self.refused


CASES = {
    "horses": Case("cifar10-horse", (), (32, 32, 3)),
    "faces": Case("orl-faces", ("networks.labels=projection",), (32, 32, 1), classes=40),
    "emoji": Case("emoji-pairs", ("networks.labels=concat", "objective.augment=colour"),
                  (32, 32, 3), classes=2),
    "emoji, paired": Case(
        "emoji-pairs",
        ("data.pairs=classes", "objective.game=paired", "networks.g.family=unet",
         "networks.d.family=patch"),
        (32, 32, 3), refused=("script", "notebook", "lesson", "generator"),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Trained:
    """A short run on a zip, trained on the command line, and a folder for what leaves it."""

    case: Case
    run: RunDirectory
    out: Path
    said: str  # on the terminal
    outside: Outside

    def export(self, name: str, *options: str) -> Path:
        out = self.out / f"{name}{EXPORTS[name].ending}"
        assert main(["export", str(self.run.path), "--to", name, "--out", str(out), *options]) == 0
        return out

    @property
    def shown(self) -> Shown:
        return open_generators(self.run)


@pytest.fixture(scope="module", params=CASES)
def trained(
    request: pytest.FixtureRequest, tmp_path_factory, outside: Outside
) -> Iterator[Trained]:
    case = CASES[request.param]
    path = data_root() / f"{case.zip}.zip"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    folder = tmp_path_factory.mktemp("zips")
    sets = [word for change in (*case.options, *TINY) for word in ("--set", change)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_CACHE", str(folder / "cache"))
        command = ["train", "--data", str(path), *sets, "--steps", str(ROUNDS)]
        with contextlib.redirect_stderr(io.StringIO()) as said:
            assert main([*command, "--out", str(folder / "run")]) == 0
        yield Trained(case, RunDirectory(folder / "run"), folder, said.getvalue(), outside)


def equal(found: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor]) -> bool:
    return found.keys() == wanted.keys() and all(torch.equal(found[k], wanted[k]) for k in wanted)


# -- one reader for each kind of file --------------------------------------------------------------


def bundle(trained: Trained) -> None:
    """It comes in elsewhere, and gives the same pictures for the same seed."""
    out = trained.export("bundle")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANLAB_RUNS", str(trained.out / "elsewhere"))
        assert main(["import", str(out)]) == 0
        for run, name in ((str(trained.run.path), "here.npz"), ("run", "there.npz")):
            command = ["sample", run, "--n", "9", "--seed", "3"]
            assert main([*command, "--out", str(trained.out / name)]) == 0
    assert (trained.out / "here.npz").read_bytes() == (trained.out / "there.npz").read_bytes()


def grid(trained: Trained) -> None:
    with Image.open(trained.export("grid")) as picture:
        picture.load()
        assert picture.format == "PNG"
        height, width, _ = trained.case.shape
        assert picture.size[0] >= 8 * width and picture.size[1] >= 8 * height


def pictures(trained: Trained) -> None:
    height, width, channels = trained.case.shape
    with zipfile.ZipFile(trained.export("pictures", "--n", str(N))) as archive:
        assert len(archive.namelist()) == N and archive.testzip() is None
        for name in archive.namelist():
            with Image.open(io.BytesIO(archive.read(name))) as picture:
                assert picture.size == (width, height)
                assert picture.mode == ("RGB" if channels == 3 else "L")
            assert ("/" in name) == bool(trained.case.classes)


def npz(trained: Trained) -> None:
    with np.load(trained.export("npz", "--n", str(N))) as arrays:
        assert arrays["images"].shape == (N, *trained.case.shape)
        assert arrays["images"].dtype == np.uint8
        assert ("labels" in arrays.files) == bool(trained.case.classes)
        if trained.case.classes:
            assert arrays["labels"].min() >= 0 and arrays["labels"].max() < trained.case.classes


def animation(name: str) -> Callable[[Trained], None]:
    def read(trained: Trained) -> None:
        with Image.open(trained.export(name)) as film:
            assert film.format == name.upper()
            for frame in range(getattr(film, "n_frames", 1)):
                film.seek(frame)
                film.load()
            assert min(film.size) >= 2 * trained.case.shape[0]

    return read


def script(trained: Trained) -> None:
    """It trains without this package, on the pictures beside it, and loses what the run lost."""
    out = trained.export("script")
    trained.outside.run(
        "import sys, runpy; runpy.run_path(sys.argv[1])", out.name, folder=out.parent,
        environment={"ROUNDS": str(ROUNDS), "OUT": "made", "PATH": ""},
    )  # fmt: skip
    table = np.loadtxt(out.parent / "made" / "losses.csv", delimiter=",", skiprows=1)
    columns = trained.run.columns()
    read = trained.run.read_span(columns, 0, ROUNDS)
    wanted = read[:, [columns.index("loss/D"), columns.index("loss/G")]]
    assert np.array_equal(table[:, 1:].astype(np.float32), wanted)


def notebook(trained: Trained) -> None:
    told = json.loads(trained.export("notebook").read_text("utf-8"))
    cells = ["".join(cell["source"]) for cell in told["cells"] if cell["cell_type"] == "code"]
    compile("\n".join(cells), "notebook", "exec")


def lesson(trained: Trained) -> None:
    with zipfile.ZipFile(trained.export("lesson")) as archive:
        assert archive.testzip() is None
        endings = sorted(Path(name).suffix for name in archive.namelist())
        assert endings == [".ipynb", ".npz", ".py"]


def safetensors(trained: Trained) -> None:
    assert equal(load_file(trained.export("safetensors")), trained.shown.network.state_dict())


def players(trained: Trained) -> None:
    shown = open_players(trained.run)
    wanted = {
        f"{group}{name}.{key}": tensor
        for group, networks in (("averaged.", shown.networks), ("", {**shown.raw, **shown.judges}))
        for name, network in networks.items()
        for key, tensor in network.state_dict().items()
    }
    assert equal(load_file(trained.export("players")), wanted)


def checkpoint(trained: Trained) -> None:
    state = torch.load(trained.export("checkpoint"), weights_only=True)
    assert state["steps"] == ROUNDS
    assert equal(state["players"]["G"]["shown"], trained.shown.network.state_dict())


def generator(trained: Trained) -> None:
    kept = torch.load(trained.export("generator"), weights_only=True)
    assert equal(kept["weights"], trained.shown.network.state_dict())


def made(trained: Trained) -> tuple[tuple[torch.Tensor, ...], torch.Tensor]:
    given = example(trained.shown, 5, seed=2)
    with torch.no_grad():
        return given, Outward(trained.shown)(*given)


def pt2(trained: Trained) -> None:
    given, wanted = made(trained)
    found = torch.export.load(trained.export("pt2")).module()(*given)
    assert (found - wanted).abs().max() <= 1e-6


def onnx(trained: Trained) -> None:
    runtime = pytest.importorskip("onnxruntime")
    given, wanted = made(trained)
    session = runtime.InferenceSession(trained.export("onnx"), providers=["CPUExecutionProvider"])
    fed = {n: t.numpy() for n, t in zip(names(trained.shown)[0], given, strict=True)}
    assert np.abs(session.run(None, fed)[0] - wanted.numpy()).max() <= 1e-4


def csv_table(trained: Trained) -> None:
    with trained.export("csv").open(newline="") as file:
        head, *body = csv.reader(file)
    assert head == ["step", *trained.run.columns()] and len(body) == ROUNDS


def history(trained: Trained) -> None:
    told = json.loads(trained.export("json").read_text("utf-8"))
    assert len(told["rows"]) == ROUNDS and trained.case.zip in told["config"]["data"]["name"]


def tensorboard(trained: Trained) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with zipfile.ZipFile(trained.export("tensorboard")) as archive:
        archive.extractall(trained.out / "logs")
    events = EventAccumulator(str(trained.out / "logs" / trained.run.path.name))
    events.Reload()
    assert len(events.Scalars("loss/D")) == ROUNDS


def card(trained: Trained) -> None:
    """It says on which pictures, and that nobody knows whose they are."""
    with zipfile.ZipFile(trained.export("card")) as archive:
        text = archive.read("README.md").decode().replace("\\", "")
        assert f"set: {trained.case.zip}.zip" in text and "own pictures; whoever publishes" in text
        if trained.case.from_noise:
            with Image.open(io.BytesIO(archive.read("samples.png"))) as picture:
                picture.load()


READERS: dict[str, Callable[[Trained], None]] = {
    "bundle": bundle, "grid": grid, "pictures": pictures, "npz": npz, "gif": animation("gif"),
    "webp": animation("webp"), "script": script, "notebook": notebook, "lesson": lesson,
    "safetensors": safetensors, "players": players, "checkpoint": checkpoint,
    "generator": generator, "pt2": pt2, "onnx": onnx, "csv": csv_table, "json": history,
    "tensorboard": tensorboard, "card": card,
}  # fmt: skip


def test_a_real_zip_trains(trained: Trained) -> None:
    assert trained.run.read_checkpoint()["steps"] == ROUNDS
    assert trained.said.count("data: ") == 1 and "pictures" in trained.said


@pytest.mark.parametrize("name", EXPORTS)
def test_every_export_of_a_real_zip_is_read_back(trained: Trained, name: str, capsys) -> None:
    if name not in trained.case.refused:
        READERS[name](trained)
        return
    out = trained.out / "refused"
    assert main(["export", str(trained.run.path), "--to", name, "--out", str(out)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and not out.exists()
