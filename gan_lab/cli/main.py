"""Commands and options; what each does lives in a module of its own name."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gan_lab import __version__
from gan_lab.cli.options import UsageError, experiment, live_changes, number, whole
from gan_lab.cli.output import Failed, complain, one_line
from gan_lab.presets import DEFAULT

PROGRAM = "python -m gan_lab"
INTERRUPTED = 130
NOTHING_YET = "interrupted before there was anything to keep"
MAX_SEED = 2**53
MAX_SAMPLES = 1_000_000
FRAMES, MAX_FRAMES = 60, 1000  # of a walk

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, alone on stdout.")]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; never raises for wrong input."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        code = app(args=arguments, prog_name=PROGRAM, standalone_mode=False) or 0
        if code == INTERRUPTED:  # typer takes a KeyboardInterrupt for itself and says nothing
            complain(NOTHING_YET)
        return code
    except BrokenPipeError:
        # whoever read our output has left; keep Python from complaining about it at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Failed as error:
        complain(str(error))
        return 1
    except (KeyboardInterrupt, typer.Abort):
        complain(NOTHING_YET)
        return INTERRUPTED
    except OSError as error:
        where = f": {error.filename}" if error.filename is not None else ""
        complain(f"{error.strerror or error}{where}")
        return 2
    except ValueError as error:  # each room has a kind of its own, all in plain words
        complain(str(error))
        return 2
    except Exception as error:
        # typer's own errors; their class has moved from one release to the next
        message = getattr(error, "format_message", None)
        if message is None:
            raise
        complain(f"{one_line(message()).rstrip('.')}; see {PROGRAM} --help")
        return 2


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"GAN Playground {__version__}")
        raise typer.Exit


@app.callback()
def top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Train GANs, sample from them, and see what is on this machine."""


@app.command()
def train(
    preset: Annotated[
        str | None, typer.Option(metavar="NAME", help="Begin with this preset; default quick.")
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Begin with a TOML file, or with a run's config.json."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="NAME|DIR|ZIP", help="Named set, such as mnist:3,8, or own pictures."),
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Any parameter, such as optim.g.lr=1e-4."),
    ] = None,
    seed: Annotated[str | None, typer.Option(metavar="N", help="Same seed, same run.")] = None,
    steps: Annotated[
        int | None, typer.Option(parser=whole(1), metavar="N", help="Stop at this many steps.")
    ] = None,
    images: Annotated[
        int | None, typer.Option(parser=whole(1), metavar="N", help="Stop at this many pictures.")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(parser=number(0), metavar="S", help="Stop at this training time, s."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The run's folder; new or empty.")
    ] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="DIR", help="Go on with this run; limits are totals.")
    ] = None,
    device: Annotated[str | None, typer.Option(metavar="D", help="auto, cpu, cuda or mps.")] = None,
    as_json: Json = False,
) -> None:
    """Train a GAN; Ctrl-C (or SIGTERM) keeps a checkpoint and ends cleanly, SIGUSR1 keeps one and
    goes on."""
    limits = {"steps": steps, "images": images, "seconds": seconds}
    if resume is None:
        shorthands = {"data.name": data, "training.seed": seed, "training.device": device}
        chosen = experiment(preset, config, shorthands, sets or ())
        from gan_lab.cli import train as work

        order = work.new(chosen, "" if config else preset or DEFAULT, out)
    else:
        given = {"--preset": preset, "--config": config, "--data": data, "--seed": seed,
                 "--device": device, "--out": out}  # fmt: skip
        changes = live_changes(sets or (), [n for n, v in given.items() if v is not None])
        from gan_lab.cli import train as work

        order = work.resumed(resume, changes)
    work.train(order, limits, as_json=as_json)


@app.command()
def sample(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="A run's folder, or its name; or pretrained:NAME, such as faces."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="FILE.npz|FILE.png|DIR",
            help="An array, a mosaic, or single files; of a walk also FILE.gif or FILE.webp.",
        ),
    ],
    n: Annotated[
        int | None,
        typer.Option("--n", parser=whole(1, MAX_SAMPLES), metavar="N", help="How many."),
    ] = None,
    seed: Annotated[
        int, typer.Option(parser=whole(0, MAX_SEED), metavar="N", help="Same seed, same pictures.")
    ] = 0,
    truncation: Annotated[
        float | None,
        typer.Option(parser=number(0, 5), metavar="T", help="Below 2: more typical, less varied."),
    ] = None,
    label: Annotated[
        str | None, typer.Option(metavar="L", help="For models that know classes.")
    ] = None,
    walk: Annotated[
        bool,
        typer.Option("--walk", help="A walk that goes round: through --n pictures, or at random."),
    ] = False,
    direction: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Along a direction that is kept with the run, or PCA 1, SeFa 1, …"
        ),
    ] = None,
    frames: Annotated[
        int | None,
        typer.Option(parser=whole(2, MAX_FRAMES), metavar="N", help="Of a walk; default 60."),
    ] = None,
    spherical: Annotated[
        bool | None,
        typer.Option("--spherical/--linear", help="How to walk; default: as suits the noise."),
    ] = None,
) -> None:
    """Draw pictures from a run's generator."""
    if walk and direction is not None:
        raise UsageError("--walk and --direction are two ways to go; give one of them")
    if walk:
        from gan_lab.cli.walk import walk as go

        go(run, n, frames or FRAMES, seed, truncation, label, spherical, out)
        return
    for name, value in (("--frames", frames), ("--spherical and --linear", spherical)):
        if value is not None:
            raise UsageError(f"{name} are for walks; give --walk as well")
    if direction is not None:
        from gan_lab.cli.direction import FRAMES as ENOUGH
        from gan_lab.cli.direction import along

        if n is not None and not 2 <= n <= MAX_FRAMES:
            raise UsageError(f"--n {n}: along a direction there are 2 to {MAX_FRAMES} pictures")
        along(run, direction, n or ENOUGH, seed, truncation, label, out)
        return
    if n is None:
        raise UsageError("--n is missing; say how many pictures, or give --walk or --direction")
    from gan_lab.cli.sample import sample

    sample(run, n, seed, truncation, label, out)


@app.command()
def apply(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's folder, or its name.")],
    source: Annotated[
        Path, typer.Option("--input", metavar="FILE|DIR", help="A picture, or a folder of them.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the results go, as PNG.")],
) -> None:
    """Put pictures through a run that makes pictures of pictures: enlarge, translate."""
    from gan_lab.cli.apply import apply

    apply(run, source, out)


@app.command()
def export(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="A run's folder, or its name.")
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="NAME", help="What to write; --list tells all there is.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="PATH", help="The file to write.")] = None,
    preset: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="In place of a run, for script and notebook."),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "--n", parser=whole(1, MAX_SAMPLES), metavar="N", help="Of pictures: how many."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(parser=whole(0, MAX_SEED), metavar="N", help="Of pictures.")
    ] = 0,
    truncation: Annotated[
        float | None, typer.Option(parser=number(0, 5), metavar="T", help="Of pictures.")
    ] = None,
    label: Annotated[str | None, typer.Option(metavar="L", help="Of pictures: one class.")] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="Tell what a run can be written as, and what not.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write what a run leaves as a file for other programs."""
    if listed:
        from gan_lab.cli.export import list_exports

        list_exports(run, as_json=as_json)
        return
    for name, value in (("--to", to), ("--out", out)):
        if value is None:
            raise UsageError(f"{name} is missing; --list tells what a run can be written as")
    assert to is not None
    assert out is not None
    if (run is None) == (preset is None):
        raise UsageError("give a run, or --preset NAME for a script or a notebook")
    from gan_lab.cli.export import PRESET, export

    chosen = {"n": n, "seed": seed or None, "truncation": truncation, "label": label}
    wish = {key: value for key, value in chosen.items() if value is not None}
    export(run if run is not None else f"{PRESET}{preset}", to, out, wish)


@app.command("import")
def bring(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="What --to bundle wrote, or one checkpoint of a run; or weights as --to"
            " safetensors, players or generator wrote them.",
        ),
    ],
) -> None:
    """Bring a run in again, from here or from another machine, below the runs root."""
    from gan_lab.cli.export import bring

    bring(source)


@app.command()
def evaluate(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's folder, or its name; or pretrained:NAME.")
    ],
    metrics: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="Names of measures; default: all that suit the run."),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option("--n", parser=whole(2, MAX_SAMPLES), metavar="N", help="Fakes to measure."),
    ] = None,
    weights: Annotated[
        str, typer.Option(metavar="W", help="Of G: averaged, raw or both.")
    ] = "averaged",
    as_json: Json = False,
) -> None:
    """Measure how good a run's generator is, beside what real pictures come to."""
    from gan_lab.cli.evaluate import evaluate

    evaluate(run, metrics, n, weights, as_json=as_json)


@app.command()
def presets(as_json: Json = False) -> None:
    """List the named experiments, and what each does differently."""
    from gan_lab.cli.catalogue import list_presets

    list_presets(as_json=as_json)


@app.command()
def runs(as_json: Json = False) -> None:
    """List every run below the runs root, how it stands and what it takes."""
    from gan_lab.cli.runs import list_runs

    list_runs(as_json=as_json)


@app.command()
def datasets(
    path: Annotated[
        str | None,
        typer.Argument(metavar="DIR|ZIP", help="Own pictures: say what comes in, and what not."),
    ] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="How to read them: data.fit=pad, …"),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the named data sets and where each is looked for; or look at your own pictures."""
    if path is not None:
        chosen = experiment(None, None, {"data.name": path}, sets or ())
        from gan_lab.cli.intake import report

        report(chosen, as_json=as_json)
        return
    if sets:
        raise UsageError("--set says how to read own pictures; give their folder or zip as well")
    from gan_lab.cli.catalogue import list_datasets

    list_datasets(as_json=as_json)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check this machine: versions, settings, device, data, folders."""
    from gan_lab.cli.catalogue import report

    raise typer.Exit(report(as_json=as_json))
