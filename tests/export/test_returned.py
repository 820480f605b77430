"""Weights that leave come back as a generator: the same pictures, or refused as a whole."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from gan_lab.export import EXPORTS, ExportError, bring
from gan_lab.export.weights import about
from gan_lab.runs import DirectoryError, open_generators, open_players
from gan_lab.runs.library import Library
from gan_lab.runs.rest import at_rest


@pytest.mark.parametrize("export", ["safetensors", "players", "generator"])
@pytest.mark.parametrize("preset", ["cgan", "plane-ring"])
def test_the_same_seed_gives_the_same_as_in_the_run(ended, tmp_path, export, preset):
    directory = ended(preset=preset)
    out = tmp_path / f"my.digits{EXPORTS[export].ending}"
    EXPORTS[export].write(directory, out)
    brought = bring(out, tmp_path / "elsewhere")
    assert brought.path == tmp_path / "elsewhere" / "my.digits" and brought.alone
    own, model = (open_generators(d).model for d in (directory, brought))
    z = own.draw(9, seed=5)
    labels = torch.arange(9) % len(own.classes) if own.classes else None
    assert torch.equal(model.raw(z, labels), own.raw(z, labels))
    assert (model.config, model.kind, model.step) == (own.config, own.kind, 6)
    for d, name in ((directory, "a"), (brought, "b")):
        EXPORTS["npz"].write(d, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.fixture
def weights(ended, tmp_path):
    """Those of a run, exported, and the run."""
    directory = ended()
    EXPORTS["safetensors"].write(directory, tmp_path / "g.safetensors")
    return directory, tmp_path / "g.safetensors"


def test_it_is_a_run_to_be_seen_and_explored_and_no_more(weights, tmp_path):
    brought = bring(weights[1], tmp_path / "elsewhere")
    (entry,) = Library(tmp_path / "elsewhere").entries()
    assert (entry.state, entry.steps, entry.data) == ("generator alone", 6, "digits")
    assert entry.thumbnail.startswith(b"\x89PNG")
    rest = at_rest(brought)
    shown = rest.shown()
    assert shown is not None and shown.step == 6 and not shown.judges
    assert list(rest.latest().pictures or ()) == ["samples"]
    assert rest.latest().note.startswith("It cannot go on: only its averaged generator is here")
    with pytest.raises(DirectoryError, match="only its averaged generator"):
        brought.read_checkpoint()
    assert open_players(brought).raw == {}


def test_what_can_be_taken_of_it_is_what_a_generator_gives(weights, tmp_path):
    brought = bring(weights[1], tmp_path / "elsewhere")
    can = {name for name, one in EXPORTS.items() if not one.why_not(brought)}
    assert can >= {"grid", "pictures", "npz", "safetensors", "generator", "pt2", "card"}
    assert not can & {"bundle", "players", "checkpoint", "script", "notebook", "lesson", "csv"}
    EXPORTS["safetensors"].write(brought, tmp_path / "again.safetensors")
    found, wanted = load_file(tmp_path / "again.safetensors"), load_file(weights[1])
    assert found.keys() == wanted.keys() and all(torch.equal(found[k], wanted[k]) for k in wanted)
    EXPORTS["card"].write(brought, tmp_path / "card.zip")


def test_weights_with_a_broken_config_leave_the_run_readable(weights, tmp_path):
    brought = bring(weights[1], tmp_path / "elsewhere")
    (brought.path / "generator.pt").write_bytes(b"damaged")
    with pytest.raises(DirectoryError, match="^its generator cannot be read as a generator"):
        open_generators(brought)
    assert at_rest(brought).shown() is None


# -- refused ---------------------------------------------------------------------------------------


def metadata(change):
    """Files whose metadata say something else."""

    def make(directory, path):
        told = about(open_generators(directory))
        change(told)
        save_file(load_file(path), path, told)

    return make


def config(path, value):
    def change(told):
        tree = json.loads(told["config"])
        *parts, last = path.split(".")
        place = tree
        for part in parts:
            place = place[part]
        place[last] = value
        told["config"] = json.dumps(tree)

    return metadata(change)


def kind(**what):
    return metadata(lambda told: told.update(kind=json.dumps(json.loads(told["kind"]) | what)))


def tensors(change):
    def make(directory, path):
        found = load_file(path)
        change(found)
        save_file(found, path, about(open_generators(directory)))

    return make


def broken(found):
    next(t for t in found.values() if t.is_floating_point()).view(-1)[0] = float("nan")


HOSTILE = {
    "nothing said": (lambda d, p: save_file(load_file(p), p), "not written by GAN Playground"),
    "somebody else's": (metadata(lambda told: told.update(made_by="x")), "nobody knows of what"),
    "another version": (metadata(lambda told: told.update(format="9")), "another version"),
    "no step": (metadata(lambda told: told.update(step="x")), "no weights of ours"),
    "no kind": (metadata(lambda told: told.pop("kind")), "no weights of ours"),
    "an absurd size": (kind(size=1 << 30), "of a kind that cannot be"),
    "a deep config": (metadata(lambda told: told.update(config="[" * 10**5)), "no weights of ours"),
    "an unknown key": (config("evil", 1), "a configuration that cannot be: there is no"),
    "a wider network": (config("networks.g.width", 256), "do not fit the configuration"),
    "more tensors": (tensors(lambda f: f.update(x=torch.zeros(1))), "do not fit"),
    "no tensors": (tensors(lambda f: f.clear()), "do not fit"),
    "no numbers": (tensors(broken), "is not finite"),
    "cut": (lambda d, p: p.write_bytes(p.read_bytes()[:-9]), "safetensors file is damaged"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_not_ours_is_refused_and_leaves_nothing(weights, tmp_path, case):
    spoil, words = HOSTILE[case]
    spoil(*weights)
    with pytest.raises(ExportError) as refusal:
        bring(weights[1], tmp_path / "elsewhere")
    said = str(refusal.value)
    assert words in said and "\n" not in said and str(tmp_path) not in said
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_generator_without_a_latent_space_is_refused(ended, tmp_path):
    EXPORTS["safetensors"].write(ended(preset="cyclegan-small"), tmp_path / "g.safetensors")
    with pytest.raises(ExportError, match="begins from a picture"):
        bring(tmp_path / "g.safetensors", tmp_path / "elsewhere")


def test_weights_of_somebody_s_own_network_are_refused(tmp_path):
    torch.save(torch.nn.Linear(2, 2).state_dict(), tmp_path / "g.pt")
    with pytest.raises(ExportError, match="no checkpoint of ours"):
        bring(tmp_path / "g.pt", tmp_path / "elsewhere")
