"""What does every preset come to in the same time?

    python benchmarks/recipes.py [--data mnist] [--seconds 60] [--only a,b] [--out DIR] [--write]

Every preset that is made for that data (without --data: every preset, on its own data) is trained
for as many seconds, one after the other, with one thread. Seconds are of the processor where it
trains on one, so a busy machine does not change them. Beside each preset's grid (DIR/NAME.png)
stands what is known of it: speed, the last readings, and for handwritten digits the Frechet
distance in the features of an independent classifier, the classes found, and with presets that know
classes the share of digits that are what was asked for.

What DIR holds already is not trained again. --write renders docs/recipes.md from all of DIR; rows
of presets that DIR knows nothing of stay as they stand there.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
import math
import re
from pathlib import Path
from typing import Any

import house  # first: the package, from anywhere
import torch
from court import Court
from PIL import Image
from torch import Tensor

from gan_lab.config import RunConfig, put
from gan_lab.data import DataError, load, to_pixels
from gan_lab.games.base import Preview, Sheet, View
from gan_lab.objectives import draw_z
from gan_lab.objectives.conditions import with_classes
from gan_lab.presets import Preset, presets
from gan_lab.runs.pictures import mosaic, pixels
from gan_lab.training.readings import Diverged
from gan_lab.training.trainer import Trainer

DOCS = house.ROOT / "docs"
JUDGED = ("mnist", "fashion")  # sets that the judge can be trained on
SAMPLES = 4000
LARGEST = 60_000  # bytes of a picture in the documentation
MARK = "<!-- written by benchmarks/recipes.py from here on -->"


def base(config: RunConfig) -> str:
    """The name of a preset's data, without its classes."""
    return config.data.name.partition(":")[0]


# -- training ----------------------------------------------------------------------------------


def trained(one: Preset, seconds: float, threads: int) -> tuple[Trainer, dict[str, Any]]:
    """A preset after its budget, and what that was."""
    config = put(one.config, {"training.seed": 0})
    pictures = load(config.data)
    torch.set_num_threads(config.training.threads or threads)
    trainer = Trainer(config, pictures, _aside(config))
    clock, state = house.clock(trainer.device.type), "ok"
    begun = clock()
    try:
        while clock() - begun < seconds:
            trainer.round()
            if trainer.steps % 64 == 0:
                trainer.flush()
        trainer.flush()
        trainer.check_weights()
    except Diverged as broken:
        state = str(broken)
    spent = clock() - begun
    found = {
        "preset": one.name, "data": config.data.name, "state": state, "seconds": round(spent, 1),
        "steps": trainer.steps, "images": trainer.seen,
        "images_per_second": round(trainer.seen / spent, 1),
        "readings": trainer.recent_means(100),
    }  # fmt: skip
    return trainer, found


def _aside(config: RunConfig) -> Any:
    """Pictures that nobody is trained on, for the previews of games that begin from pictures."""
    return load(config.data, train=False) if config.objective.game != "generation" else None


# -- judging -----------------------------------------------------------------------------------


@torch.no_grad()
def judged(trainer: Trainer, court: Court) -> dict[str, float]:
    """The verdict on 4,000 samples of the averaged G; with classes, as many of each."""
    config, chance = trainer.config, torch.Generator().manual_seed(12345)
    z, labels = draw_z(config.latent, SAMPLES, chance), None
    if config.networks.labels != "none":
        labels = torch.arange(SAMPLES) % len(trainer.pictures.classes)
        z = with_classes(z, labels, len(trainer.pictures.classes))
    shown = trainer.shown()["G"]
    images = torch.cat([to_pixels(shown(part), config.networks.g.output) for part in z.split(250)])
    verdict = court.verdict(images)
    metrics = {"distance": round(verdict.distance, 1), "classes": verdict.classes}
    if labels is not None:
        votes = court.judge.classes(images)
        metrics["as asked"] = round(float((votes == labels).float().mean()), 3)
    return metrics


def in_words(found: dict[str, Any]) -> str:
    """The measures of one preset, or the readings where there are none."""
    if found["state"] != "ok":
        return found["state"]
    metrics = found.get("metrics", {})
    if "near" in metrics:
        heaps = f"{metrics['modes']:.0f} of {metrics['of']:.0f} heaps, " if "of" in metrics else ""
        return f"{heaps}{metrics['near']:.0%} within 3σ, JS {metrics['js']:.3f} nats"
    if metrics:
        words = [f"distance {metrics['distance']:g}", f"{metrics['classes']} of 10 classes"]
        if "as asked" in metrics:
            words.append(f"{metrics['as asked']:.0%} as asked")
        return ", ".join(words)
    wanted = ("D(x)", "D(G(z))", "loss/D", "loss/G", "psnr", "pixels", "cycle")
    readings = found["readings"]
    return ", ".join(f"{name} {readings[name]:.2f}" for name in wanted if name in readings)


# -- pictures ----------------------------------------------------------------------------------


def packed(view: View) -> bytes:
    """A view as a PNG that a page can afford: fewer tiles, fewer colours, until it is small."""
    if isinstance(view, Sheet):
        return _png(Image.fromarray(pixels(view)).resize((288, 288)).quantize(32))
    return _packed_tiles(view)


def _packed_tiles(preview: Preview) -> bytes:
    columns = preview.columns or math.ceil(math.sqrt(len(preview.images)))
    rows = math.ceil(len(preview.images) / columns)
    tile = preview.images.shape[-1]
    wide = not preview.heads  # columns that mean something stay together
    columns_kept = min(columns, max(2, 288 // tile)) if wide else columns
    rows_kept = min(rows, max(2, 288 // tile))
    for colours in (256, 64, 32, 16):
        picture = Image.fromarray(mosaic(_cut(preview.images, columns, columns_kept, rows_kept),
                                         columns_kept))  # fmt: skip
        if picture.mode != "L" or colours < 256:
            picture = picture.quantize(colours)
        if len(packed := _png(picture)) < LARGEST:
            break
    return packed


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _cut(images: Tensor, columns: int, columns_kept: int, rows_kept: int) -> Tensor:
    index = torch.arange(len(images))
    keep = (index % columns < columns_kept) & (index // columns < rows_kept)
    return images[keep]


def _seen(trainer: Trainer) -> list[View]:
    """The pictures of a preview, and planes; not what D says of them."""
    return [one for one in trainer.preview().values() if isinstance(one, Preview | Sheet)]


# -- the table ---------------------------------------------------------------------------------


def rendered(rows: dict[str, str]) -> str:
    """The table, group by group, of rows by the name of the preset."""
    lines: list[str] = []
    group = ""
    for one in presets().values():
        if one.name not in rows:
            continue
        if one.group != group:
            group = one.group
            lines += ["", f"## {group}", "", "| preset | budget | came to | |", "| --- " * 4 + "|"]
        lines.append(rows[one.name])
    if missing := [f"`{name}`" for name in presets() if name not in rows]:
        lines += ["", f"Not measured yet: {', '.join(missing)}."]
    return "\n".join(lines) + "\n"


def _row(one: Preset, found: dict[str, Any]) -> str:
    pictures = " ".join(
        f"![{one.name}](recipes/{path.name})" for path in _pictures(DOCS / "recipes", one.name)
    )
    budget = (
        f"{found['seconds']:.0f} s: {found['steps']:,} steps, {found['images']:,} pictures,"
        f" {found['images_per_second']:.0f}/s"
    )
    what = f"**{one.title}**, `{one.name}`: {one.about}"
    return f"| {what} | {budget} | {in_words(found)} | {pictures} |"


def _pictures(folder: Path, name: str) -> list[Path]:
    return sorted(p for p in folder.glob(f"{name}*.png") if p.stem.split("@")[0] == name)


def write(out: Path) -> None:
    """Everything behind the mark in docs/recipes.md, and its pictures, from all of ``out``."""
    results = {path.stem: json.loads(path.read_text("utf-8")) for path in out.glob("*.json")}
    results = {name: found for name, found in results.items() if name in presets()}
    (DOCS / "recipes").mkdir(exist_ok=True)
    for name in results:
        for path in _pictures(out, name):
            (DOCS / "recipes" / path.name).write_bytes(path.read_bytes())
    page = DOCS / "recipes.md"
    head, _, table = page.read_text("utf-8").partition(MARK)
    rows = _standing(table) | {name: _row(presets()[name], results[name]) for name in results}
    measured = "\n".join(
        dict.fromkeys([*re.findall("^- .*", table, re.MULTILINE), *_measured_on(results)])
    )
    page.write_text(f"{head}{MARK}\n\n{measured}\n{rendered(rows)}", "utf-8")
    print(f"{page}: {len(results)} presets, of {len(rows)}")


def _standing(table: str) -> dict[str, str]:
    """The rows that are in the document already, by the name of the preset."""
    found = {
        name: row
        for row, name in re.findall(r"^(\| \*\*.*\*\*, `([^`]+)`: .*)$", table, re.MULTILINE)
    }
    return {name: row for name, row in found.items() if name in presets()}


def _measured_on(results: dict[str, dict[str, Any]]) -> list[str]:
    """One line for each commit, day and machine that the results are of."""
    runs: dict[tuple[str, ...], int] = {}
    for found in results.values():
        key = (found["date"], found["commit"], found["machine"], str(found["threads"]))
        runs[key] = runs.get(key, 0) + 1
    return [
        f"- {count} presets: {date}, commit {commit}, {machine}, {threads} thread(s)"
        for (date, commit, machine, threads), count in sorted(runs.items())
    ]


# -- all of it ---------------------------------------------------------------------------------


def measure(one: Preset, options: argparse.Namespace, courts: dict[str, Court]) -> dict[str, Any]:
    """Train, judge and draw one preset; its result is on disk afterwards."""
    trainer, found = trained(one, options.seconds, options.threads)
    name = base(one.config)
    if name in JUDGED and one.config.objective.game == "generation" and found["state"] == "ok":
        if name not in courts:
            courts[name] = Court(name)
            torch.set_num_threads(options.threads)
        found["metrics"] = judged(trainer, courts[name])
    for index, preview in enumerate(_seen(trainer)):
        if isinstance(preview, Sheet):
            found["metrics"] = preview.measures
        suffix = f"@{index + 1}" if index else ""
        (options.out / f"{one.name}{suffix}.png").write_bytes(packed(preview))
    found |= {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "commit": house.commit(),
        "machine": house.machine(),
        "threads": options.threads,
    }
    (options.out / f"{one.name}.json").write_text(json.dumps(found, indent=1), "utf-8")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default="", help="only presets that are made for it")
    parser.add_argument("--seconds", type=float, default=60.0, help="of training, each")
    parser.add_argument("--only", default="", help="names, with commas")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=house.ROOT / "build" / "recipes" / "results")
    parser.add_argument("--write", action="store_true", help="render docs/recipes.md")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    chosen = [
        one for one in presets().values()
        if options.data in ("", base(one.config)) and (
            not options.only or one.name in options.only.split(",")
        )
    ]  # fmt: skip
    print(f"{options.seconds:g} s each, {options.threads} thread(s), {house.machine()}")
    courts: dict[str, Court] = {}
    for one in chosen:
        path = options.out / f"{one.name}.json"
        try:
            found = (
                json.loads(path.read_text("utf-8")) if path.exists()
                else measure(one, options, courts)
            )  # fmt: skip
        except DataError as missing:
            print(f"{one.name:28} {missing}", flush=True)
            continue
        print(
            f"{one.name:28} {found['seconds']:6.0f} s {found['steps']:7,} steps"
            f" {found['images_per_second']:8.1f} images/s  {in_words(found)}",
            flush=True,
        )
    if options.write:
        write(options.out)


if __name__ == "__main__":
    main()
