"""A package beside ours adds a loss, networks, data and a rule, and breaks nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gan_lab.config import plugins

ROOT = Path(__file__).parents[1]
STORY = """
import json, sys
from gan_lab import train
from gan_lab.config import ConfigError, KNOBS, RunConfig, put
from gan_lab.coach.rules import every_rule
from gan_lab.export.licences import licence
from gan_lab.networks import FROM_NOISE
from gan_lab.objectives import LOSSES
from gan_lab.objectives.losses import Hinge

assert "tiny_gan" not in sys.modules, "imported before anybody asked"
told = {"hinge is ours": isinstance(LOSSES["hinge"], Hinge)}
run = train("vanilla", "signs", steps=12, seed=3, out=sys.argv[1], settings={
    "objective.loss": "cubic", "networks.g.family": "wide", "networks.d.family": "wide"})
told["rights"] = licence(run.config.data)
told["loss"] = run.config.objective.loss
told["shape"] = run.samples(5).shape
told["classes"] = run.generator.kind.classes
told["hidden"] = max(p.shape[0] for p in run.generator.network.parameters())
told["rules"] = [name for name in every_rule() if name.startswith("tiny")]
folder = run.folder / "findings.jsonl"
told["found"] = "tiny-always" in (folder.read_text() if folder.exists() else "")
try:
    LOSSES["absent"]
except ConfigError as error:
    told["refused"] = str(error)
print(json.dumps(told))
"""


def ask(code, *arguments, plugin=True):
    path = [str(ROOT), *([str(ROOT / "tests" / "plugin")] if plugin else [])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path)}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment, cwd=arguments[0] if arguments else ROOT, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    out = tmp_path_factory.mktemp("plugin")
    return json.loads(ask(STORY, str(out)).stdout.splitlines()[-1])


def test_its_loss_networks_and_data_train_a_run(told):
    assert told["loss"] == "cubic" and told["hidden"] == 96
    assert told["shape"] == [5, 8, 8, 1] and told["classes"] == ["cross", "ring"]
    assert told["rights"] == "offered by a package that is installed here; ask its makers"


def test_its_rule_is_heard_and_a_broken_one_is_left_out(told):
    assert told["rules"] == ["tiny-always"] and told["found"]


def test_what_is_ours_stays_and_what_cannot_be_imported_is_said(told):
    assert told["hinge is ours"]
    assert "absent of gan_lab.losses cannot be had from the package tiny-gan" in told["refused"]
    assert "mend or uninstall" in told["refused"]


def test_without_the_package_its_names_are_refused():
    code = """
from gan_lab.config import ConfigError, RunConfig, put
try:
    put(RunConfig(), {"objective.loss": "cubic"})
except ConfigError as error:
    print(error)
"""
    assert "objective.loss" in ask(code, plugin=False).stdout


def test_a_table_without_guests_is_what_was_put_into_it():
    table = plugins.Table("gan_lab.nobody", {"a": 1, "b": 2})
    assert dict(table) == {"a": 1, "b": 2} and len(table) == 2 and "c" not in table
    with pytest.raises(KeyError):
        table["c"]
