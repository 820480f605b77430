"""One picture at a time: what can be played so, and what is refused before the run."""

import pytest

from gan_lab.config import ConfigError, put
from gan_lab.data import load
from gan_lab.games import GAMES, rehearse
from tests.patience import WAIT

ONE = {"training.batch": 1}


FAMILIES = {
    "generation": "dcgan", "progressive": "progressive", "super-resolution": "super",
    "paired": "unet", "unpaired": "translate", "plane": "dense",
}  # fmt: skip


@pytest.mark.parametrize("game", GAMES)
def test_every_game_is_played_with_one_picture_at_a_time(trainer, game):
    changes = {
        "objective.game": game,
        "networks.g.family": FAMILIES[game],
        "networks.d.family": FAMILIES[game] if game in ("progressive", "plane") else "dcgan",
        "networks.g.batch_norm": "nowhere",
        "networks.d.batch_norm": "nowhere",
    }
    t = trainer(ONE | changes)
    rehearse(t.config, t.pictures.kind)
    t.round()
    t.slow_round()
    t.flush()  # raises at what is not finite
    t.check_weights()
    assert t.preview() and t.counts.images in (1, 2)


@pytest.mark.parametrize(
    "changes",
    [
        {"objective.joined_batch": True},
        {"objective.share_fakes": True},
        {"objective.ada": True, "objective.augment": "all"},
        {"objective.features": 1.0},
        {"objective.loss": "relativistic"},
        {"objective.loss": "relativistic-average"},
        {"objective.label_flip": 0.5, "objective.label_noise": 0.2},
        {"regularisation.gp": 10.0, "regularisation.r2": 1.0, "regularisation.drift": 0.1},
        {"regularisation.dragan": 10.0, "regularisation.r1": 1.0},
        {"networks.labels": "concat"},
        {"networks.labels": "projection"},
        {"networks.labels": "auxiliary"},
        {"networks.d.spectral_norm": True},
        {"latent.dim": 1},
    ],
    ids=str,
)
def test_losses_penalties_labels_and_augmentation_work_on_one_picture(trainer, changes):
    t = trainer({**ONE, **changes}, "quick")
    rehearse(t.config, t.pictures.kind)
    for _ in range(5):  # ADA looks at every fourth move
        t.round()
    assert t.slow_round()
    t.flush()
    t.check_weights()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"networks.d.minibatch": "stddev"}, r"D has a layer that compares .* networks\.d$"),
        (
            {"networks.g.family": "dense", "networks.g.batch_norm": "everywhere"},
            r"G is normalised over the batch .* networks\.g$",
        ),
        # D sees both sides at once in its own move, but the fake alone in G's
        (
            {"networks.d.family": "dense", "networks.d.batch_norm": "everywhere",
             "objective.joined_batch": True},
            "D is normalised over the batch",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_two_pictures_mend_it(small, changes, words):
    config = small({**ONE, "networks.g.batch_norm": "nowhere", **changes}, "quick")
    kind = load(config.data).kind
    with pytest.raises(ConfigError, match=r"^training\.batch must be 2 or more .*" + words):
        rehearse(config, kind)
    rehearse(put(config, {"training.batch": 2}), kind)


def test_a_run_of_the_app_says_so_too_before_it_begins(begin, small):
    run = begin(small({**ONE, "networks.d.minibatch": "stddev"}, "quick"))
    assert run.join(WAIT)
    last = run.latest()
    assert "compares the pictures of a batch" in last.note and last.counts.steps == 0
    assert not run.directory.checkpoint_files()
