"""The picture of the game: it fits the game that it is a picture of."""

import pytest
import torch

from gan_lab.games import GAMES, Preview, Sheet, game_of
from gan_lab.presets import presets

CASES = [pytest.param(name, {}, id=name) for name in presets()] + [
    pytest.param("quick", {"networks.labels": labels}, id=f"quick-{labels}")
    for labels in ("concat", "projection", "auxiliary")
]


@pytest.mark.parametrize(("name", "changes"), CASES)
def test_it_names_only_what_the_game_has(trainer, name, changes):
    t = trainer(changes, name)
    scene, previews, stills = t.game.scene(t.config), t.preview(), t.stills()
    ids = [box.id for box in scene.boxes]
    assert len(set(ids)) == len(ids)
    assert {box.id for box in scene.boxes if box.kind == "player"} == set(t.game.names)
    assert len({arrow.id for arrow in scene.arrows}) == len(scene.arrows)
    assert {arrow.start for arrow in scene.arrows} | {arrow.end for arrow in scene.arrows} == set(
        ids
    )
    assert len({box.place for box in scene.boxes}) == len(scene.boxes)
    for thing in (*scene.boxes, *scene.arrows):
        assert thing.hint.endswith(".")
    for box in scene.boxes:
        assert not box.reading or (box.reads and box.reading in t.game.readings)
        assert not box.still or box.still in stills
        assert box.kind == "player" or box.view or box.still
        if not box.view:
            continue
        view = previews[box.view]
        if isinstance(view, Sheet):
            assert box.part in view.parts()
        else:
            assert box.tiles and max(box.tiles) < len(view.images)


@pytest.mark.parametrize("name", [name for name in GAMES if name != "generation"])
def test_every_game_has_one_and_every_player_learns_from_somebody(name):
    config = next(p.config for p in presets().values() if p.config.objective.game == name)
    game = game_of(config)
    scene = game.scene(config)
    for player in game.names:
        kind = "answer" if player.startswith("G") else "flow"
        assert any(arrow.end == player and arrow.kind == kind for arrow in scene.arrows)
    for box in scene.boxes:
        if box.kind == "made":
            (maker,) = (a.start for a in scene.arrows if a.end == box.id)
            assert maker in game.names


def test_the_first_words_of_the_game_are_where_slow_motion_looks_for_them():
    scene = GAMES["generation"].scene(presets()["quick"].config)
    assert [box.id for box in scene.boxes] == ["z", "G", "fake", "D", "real"]
    assert {"z>G", "G>fake", "fake>D", "real>D"} <= {arrow.id for arrow in scene.arrows}


def test_small_pictures_belong_to_one_another(trainer):
    t = trainer({"networks.labels": "concat", "training.grid": 3, "data.name": "digits:1,7"})
    fake = next(box for box in t.game.scene(t.config).boxes if box.id == "fake")
    stills = t.stills()
    assert torch.equal(stills["z"], t.controls["z"][list(fake.tiles)])
    assert stills["class"].argmax(1).tolist() == t.controls["labels"][list(fake.tiles)].tolist()
    real = stills["real"]
    assert isinstance(real, Preview) and len(real.images) == 4
    known = {picture.numpy().tobytes() for picture in t.pictures.images}
    assert all(picture.numpy().tobytes() in known for picture in real.images)


def test_looking_at_it_draws_nothing(trainer, snapshot, differences):
    t = trainer()
    before = snapshot(t)
    t.stills()
    assert differences(t.state_dict(), before) == []
