"""Two kinds of pictures, with and without partners."""

import pytest
import torch
from PIL import Image

from gan_lab.config import Data
from gan_lab.data import Batches, DataError, Pictures, domains, load, to_pixels


def numbered(counts, size=4):
    """Pictures of one value each: class c has 100c, 100c + 1, ...; the classes take turns."""
    entries = sorted((k, c) for c, count in enumerate(counts) for k in range(count))
    values = torch.tensor([100 * c + k for k, c in entries], dtype=torch.uint8)
    images = values.view(-1, 1, 1, 1).expand(-1, 3, size, size).contiguous()
    labels = torch.tensor([c for _, c in entries])
    return Pictures("numbers", images, labels, tuple("abc"[: len(counts)]))


def firsts(images):
    return images[:, 0, 0, 0].int()


def test_classes_pair_the_kth_with_the_kth():
    a, b = domains(numbered([9, 9, 5]), "classes")
    assert firsts(a).tolist() == list(range(9))
    assert torch.equal(firsts(b), firsts(a) + 100)


def test_classes_of_unequal_size_are_no_pairs():
    with pytest.raises(DataError, match="has 9 pictures of a and 8 of b, which are no pairs"):
        domains(numbered([9, 8]), "classes")
    a, b = domains(numbered([9, 8]), "unpaired")
    assert len(a) == 9 and len(b) == 8


@pytest.mark.parametrize("pairs", ["classes", "unpaired"])
@pytest.mark.parametrize("counts", [[9], [0, 9]])
def test_one_class_is_not_two_kinds(pairs, counts):
    with pytest.raises(DataError, match="no two classes"):
        domains(numbered(counts), pairs)
    without = Pictures("plain", torch.zeros(4, 3, 8, 8, dtype=torch.uint8))
    with pytest.raises(DataError, match="no two classes"):
        domains(without, pairs)


def test_a_filter_chooses_the_two_classes():
    digits = load(Data(name="digits:8,3"))
    a, b = domains(digits, "unpaired")
    everything = load(Data(name="digits"))
    assert torch.equal(a, everything.images[everything.labels == 3])
    assert torch.equal(b, everything.images[everything.labels == 8])


def test_outlines_are_dark_on_white():
    images = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    images[0, :, :, 4:] = 200  # one edge down the middle
    images[1] = 90  # none at all
    a, b = domains(Pictures("x", images), "edges")
    assert torch.equal(b, images) and a.shape == b.shape and a.dtype == torch.uint8
    assert (a[1] == 255).all()
    assert (a[0, :, :, 3:5] == 0).all(), "the pixels beside the edge"
    assert (a[0, :, :, :3] == 255).all() and (a[0, :, :, 5:] == 255).all()


def test_a_faint_edge_is_grey_by_sobel_s_numbers():
    images = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    images[..., 4:] = 50
    a, _ = domains(Pictures("x", images), "edges")
    assert (a[..., 3:5] == 255 - 2 * 50).all()


def test_edges_between_colours_of_equal_brightness_are_seen():
    images = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    images[:, 0, :, :4], images[:, 1, :, 4:] = 100, 51  # .299 · 100 = .587 · 51
    a, _ = domains(Pictures("x", images), "edges")
    assert (a[..., 3:5] < 100).all() and (a[:, :1] == a).all()


def test_grey_is_the_luma_in_every_channel():
    images = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    images[:, 0], images[:, 1], images[:, 2] = 200, 100, 50
    a, b = domains(Pictures("x", images), "grey")
    assert torch.equal(b, images) and a.shape == b.shape
    assert (a == round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)).all()


def test_no_pairs_are_refused():
    with pytest.raises(DataError, match="classes, unpaired, side-by-side, edges or grey"):
        domains(numbered([4, 4]), "none")


# -- batches of pairs ---------------------------------------------------------------------------


def drawn(batches):
    return [firsts(to_pixels(x, "tanh")) for x in batches.draw_pair()]


def test_pairs_stay_together_and_come_once_an_epoch():
    batches = Batches(numbered([12, 12]), 4, 0, "tanh", "cpu", "classes")
    assert len(batches) == 12 and batches.labels is None
    seen = []
    for _ in range(3):
        a, b = drawn(batches)
        assert torch.equal(a + 100, b)
        seen += a.tolist()
    assert sorted(seen) == list(range(12)) and (batches.epoch, batches.position) == (1, 0)


def test_without_partners_each_kind_has_its_own_order():
    batches = Batches(numbered([12, 6]), 6, 0, "tanh", "cpu", "unpaired")
    assert len(batches) == 12
    rounds = [drawn(batches) for _ in range(2)]
    assert sorted(torch.cat([a for a, _ in rounds]).tolist()) == list(range(12))
    for _, b in rounds:
        assert sorted(b.tolist()) == list(range(100, 106))
    assert rounds[0][1].tolist() != rounds[1][1].tolist()
    assert (batches.epoch, batches.position) == (1, 0)


@pytest.mark.parametrize("pairs", ["classes", "unpaired", "edges", "grey"])
@pytest.mark.parametrize("before", [0, 1, 5])
def test_a_state_goes_on_where_it_was(pairs, before):
    pictures = numbered([10, 7] if pairs == "unpaired" else [8, 8], size=8)
    one, two = (Batches(pictures, 3, 5, "sigmoid", "cpu", pairs) for _ in range(2))
    for _ in range(before):
        one.draw_pair()
    state = one.state_dict()
    assert all(type(value) is int for value in state.values())
    two.load_state_dict(state)
    for _ in range(7):
        for x, y in zip(one.draw_pair(), two.draw_pair(), strict=True):
            assert torch.equal(x, y)


def test_a_single_draw_is_of_the_kind_that_g_shall_make():
    pictures = numbered([6, 6])
    one, two = (Batches(pictures, 4, 0, "tanh", "cpu", "classes") for _ in range(2))
    batch = one.draw()
    assert torch.equal(batch.x, two.draw_pair()[1]) and batch.labels is None


# -- folders that hold pairs --------------------------------------------------------------------


@pytest.fixture
def folders(tmp_path):
    """Folders a and b; a picture's value tells its name, those of b are 100 lighter."""

    def make(names_a, names_b, broken=()):
        for folder, names in (("a", names_a), ("b", names_b)):
            (tmp_path / folder).mkdir()
            for k, name in enumerate(names):
                path = tmp_path / folder / f"{name}.png"
                value = (100 if folder == "b" else 0) + (int(name) if name.isdecimal() else k)
                Image.new("L", (16, 16), value).save(path)
                if f"{folder}/{name}" in broken:
                    path.write_bytes(path.read_bytes()[:40])
        return Data(name=str(tmp_path), size=16, pairs="classes", held_out=0.0)

    return make


def paired(data, train=True):
    a, b = (firsts(side) for side in domains(load(data, train=train), data.pairs))
    assert torch.equal(a + 100, b), "every one beside its partner"
    return a.tolist()


def test_partners_have_the_same_name(folders):
    assert paired(folders("0123", "0123")) == [0, 1, 2, 3]


def test_who_lost_its_partner_is_left_out(folders):
    assert paired(folders("01234", "0235", broken=("a/2",))) == [0, 3]


def test_without_common_names_the_order_counts(folders):
    data = folders([f"x{k}" for k in range(5)], [f"y{k}" for k in range(5)],
                   broken=("a/x1", "b/y3"))  # fmt: skip
    assert paired(data) == [0, 2, 4]


def test_folders_that_do_not_match_are_refused(folders):
    data = folders(["x0", "x1", "x2"], ["y0", "y1"])
    with pytest.raises(DataError, match="3 pictures of a and 2 of b"):
        paired(data)


def test_pairs_stay_together_in_both_parts(folders):
    names = [f"{k:02}" for k in range(20)]
    data = folders(names, names).model_copy(update={"held_out": 0.15})
    train, aside = paired(data), paired(data, train=False)
    assert len(aside) == 3 and sorted(train + aside) == list(range(20))
