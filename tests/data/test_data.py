"""Real data as they are, and the faults that files have."""

import gzip
import hashlib
import pickle
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from gan_lab.config import Data
from gan_lab.data import NAMED, DataError, data_root, load, named, short_name, to_pixels, to_range
from gan_lab.data.named import DEBIAN_FASHION

MNIST_FILES = data_root().resolve() / "MNIST" / "raw"
has_mnist = pytest.mark.skipif(
    not list(MNIST_FILES.glob("train-images*")), reason="GANLAB_DATA has no MNIST"
)


def refusal(data, **options):
    with pytest.raises(DataError) as caught:
        load(data, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# -- digits -------------------------------------------------------------------------------------


def test_digits_are_the_known_ones(digits):
    assert digits.images.shape == (1438, 1, 8, 8) and digits.images.dtype == torch.uint8
    assert (digits.channels, digits.size, len(digits)) == (1, 8, 1438)
    assert (digits.images.min(), digits.images.max()) == (0, 255)
    assert digits.classes == tuple("0123456789")
    held_out = load(Data(name="digits"), train=False)
    assert held_out.images.shape == (359, 1, 8, 8)
    total = digits.labels.bincount() + held_out.labels.bincount()
    # counts per class as scikit-learn documents them
    assert total.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_digits_pixels_follow_the_original(digits):
    from sklearn.datasets import load_digits

    original = load_digits().images[0]  # 0 to 16
    np.testing.assert_allclose(digits.images[0, 0].numpy(), original * 255 / 16, atol=0.5)


def test_digits_are_read_without_an_import_of_scikit_learn(monkeypatch):
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "sklearn.datasets", None)  # an import of it raises ImportError
        found = named.NAMED["digits"].read(True, 0)
    monkeypatch.setattr(named, "find_spec", lambda name: None)  # where it keeps them elsewhere
    imported = named.NAMED["digits"].read(True, 0)
    assert all(map(torch.equal, found, imported)) and found[0].dtype == imported[0].dtype


@pytest.mark.parametrize(
    ("name", "labels"), [("digits:3,8", [3, 8]), ("digits: 7 ", [7]), ("digits:0,0", [0])]
)
def test_classes_can_be_chosen(digits, name, labels):
    chosen = load(Data(name=name))
    assert chosen.classes == tuple(str(n) for n in labels)
    assert chosen.labels.unique().tolist() == list(range(len(labels)))
    for label, n in enumerate(labels):
        assert torch.equal(chosen.images[chosen.labels == label], digits.images[digits.labels == n])
    assert len(chosen) == sum(int((digits.labels == n).sum()) for n in labels)


@pytest.mark.parametrize(
    "name", ["digits:11", "digits:three", "digits:-1", "digits:3,,8", "digits:²"]
)
def test_unknown_classes_name_the_known_ones(name):
    assert "it has 0, 1, 2" in refusal(Data(name=name))


@pytest.mark.parametrize("name", ["nothing", "/no/such/folder", "a" * 999, "mnists", "digits/"])
def test_unknown_sets_name_the_known_ones(name):
    text = refusal(Data(name=name))
    assert "the named sets are digits, mnist, fashion" in text


def test_missing_sets_say_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path))
    text = refusal(Data(name="mnist"))
    assert text.startswith("the data set mnist is not on this machine; put its files below")
    assert str(tmp_path) in text and "digits" in text


def test_a_download_that_fails_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path / "file" / "data"))
    (tmp_path / "file").write_text("no folder can be made here")
    assert "could not be downloaded" in refusal(Data(name="mnist"), download=True)


# -- files of named sets ------------------------------------------------------------------------


@has_mnist
def test_mnist_is_read_as_it_comes():
    train, test = load(Data(name="mnist")), load(Data(name="mnist"), train=False)
    assert train.images.shape == (60_000, 1, 28, 28) and test.images.shape == (10_000, 1, 28, 28)
    # known of the original: the first labels, the mean .1307 of the pixels
    assert train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert train.images.double().mean().item() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert train.images.flatten(1).double().std(correction=0) / 255 == pytest.approx(
        0.3081, abs=5e-5
    )


@has_mnist
def test_mnist_equals_the_bytes_of_the_original_file():
    packed = MNIST_FILES / "t10k-images-idx3-ubyte.gz"
    if not packed.is_file():
        pytest.skip("the files lie unpacked")
    ours = load(Data(name="mnist"), train=False).images[:, 0]
    raw = gzip.decompress(packed.read_bytes())
    assert hashlib.md5(packed.read_bytes()).hexdigest() == "9fb629c4189551a2d022fa330f9573f3"
    assert ours.numpy().tobytes() == raw[16:]


@pytest.mark.skipif(not DEBIAN_FASHION.is_dir(), reason="dataset-fashion-mnist is not installed")
def test_fashion_is_found_where_debian_puts_it(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path))
    train = load(Data(name="fashion"))
    assert train.images.shape == (60_000, 1, 28, 28)
    assert train.labels.bincount().tolist() == [6000] * 10
    assert train.images.double().mean().item() / 255 == pytest.approx(0.2860, abs=5e-5)
    boots = load(Data(name="fashion:ankle-boot,Bag"))
    assert boots.classes == ("bag", "ankle-boot") and boots.labels.bincount().tolist() == [6000] * 2


@pytest.fixture
def idx_files(tmp_path, monkeypatch, write_idx):
    """A tiny set laid out as torchvision does: 5 pictures to train with, 3 held out."""
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path))
    images = np.arange(8 * 28 * 28).reshape(8, 28, 28) % 251

    def write(folder="MNIST", ending=""):
        raw = tmp_path / folder / "raw"
        for stem, part in (("train", slice(5)), ("t10k", slice(5, 8))):
            write_idx(raw / f"{stem}-images-idx3-ubyte{ending}", images[part])
            write_idx(raw / f"{stem}-labels-idx1-ubyte{ending}", np.arange(8)[part])
        return raw, images

    return write


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize(
    ("name", "folder"), [("mnist", "MNIST"), ("fashion", "FashionMNIST"), ("kmnist", "KMNIST")]
)
def test_files_are_read_packed_and_unpacked(idx_files, name, folder, ending):
    _, images = idx_files(folder, ending)
    assert NAMED[name].here()
    train, test = load(Data(name=name)), load(Data(name=name), train=False)
    np.testing.assert_array_equal(train.images[:, 0].numpy(), images[:5])
    np.testing.assert_array_equal(test.images[:, 0].numpy(), images[5:])
    assert train.labels.tolist() == [0, 1, 2, 3, 4] and test.labels.tolist() == [5, 6, 7]


def test_one_missing_file_makes_a_set_missing(idx_files):
    raw, _ = idx_files()
    (raw / "t10k-labels-idx1-ubyte").unlink()
    assert not NAMED["mnist"].here()
    assert "not on this machine" in refusal(Data(name="mnist"))


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.99])
def test_a_file_cut_short_is_refused_in_one_sentence(idx_files, ending, share):
    raw, _ = idx_files(ending=ending)
    path = raw / f"train-images-idx3-ubyte{ending}"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    text = refusal(Data(name="mnist"))
    assert str(path) in text and "delete it and fetch the set again" in text


def test_pictures_without_their_labels_are_refused(idx_files, write_idx):
    raw, _ = idx_files()
    write_idx(raw / "train-labels-idx1-ubyte", [1, 2])
    assert "2 labels for 5 pictures" in refusal(Data(name="mnist"))


def test_a_file_that_is_no_idx_is_refused(idx_files):
    raw, _ = idx_files()
    (raw / "train-images-idx3-ubyte").write_bytes(b"<html>not found</html>")
    assert "not an IDX file" in refusal(Data(name="mnist"))


@pytest.fixture
def cifar10(tmp_path, monkeypatch):
    """CIFAR-10's layout with two pictures a batch, known to torchvision by their sums."""
    from torchvision.datasets import CIFAR10

    monkeypatch.setenv("GANLAB_DATA", str(tmp_path))
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    values = np.arange(12 * 3072, dtype=np.uint32).reshape(12, 3072) * 7 % 256
    values = values.astype(np.uint8)

    def write(name, content):
        raw = pickle.dumps(content)
        (folder / name).write_bytes(raw)
        return [name, hashlib.md5(raw).hexdigest()]

    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    lines = [
        write(name, {"data": values[2 * i : 2 * i + 2], "labels": [i, i + 1]})
        for i, name in enumerate(names)
    ]
    meta = dict(CIFAR10.meta)
    meta["md5"] = write("batches.meta", {"label_names": list(NAMED["cifar10"].classes)})[1]
    monkeypatch.setattr(CIFAR10, "train_list", lines[:5])
    monkeypatch.setattr(CIFAR10, "test_list", lines[5:])
    monkeypatch.setattr(CIFAR10, "meta", meta)
    return folder, values.reshape(12, 3, 32, 32)


def test_cifar10_is_read_in_colour(cifar10):
    _, values = cifar10
    train, test = load(Data(name="cifar10")), load(Data(name="cifar10"), train=False)
    np.testing.assert_array_equal(train.images.numpy(), values[:10])
    np.testing.assert_array_equal(test.images.numpy(), values[10:])
    assert train.labels.tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5]
    cars = load(Data(name="cifar10:automobile"))
    assert cars.classes == ("automobile",) and cars.labels.tolist() == [0, 0]
    np.testing.assert_array_equal(cars.images.numpy(), values[1:3])


def test_a_damaged_cifar10_is_refused_in_one_sentence(cifar10):
    folder, _ = cifar10
    (folder / "data_batch_2").write_bytes(b"cut")
    assert "cifar10" in refusal(Data(name="cifar10"))


def test_stacks_are_three_digits_and_their_number(idx_files, monkeypatch):
    monkeypatch.setattr("gan_lab.data.files._STACKS", {True: 400, False: 90})
    _, digits = idx_files()
    stacked = NAMED["stacked-mnist"]
    assert stacked.here() and stacked.places() == NAMED["mnist"].places()
    train, test = (load(Data(name="stacked-mnist"), train=part) for part in (True, False))
    assert train.images.shape == (400, 3, 28, 28) and test.images.shape == (90, 3, 28, 28)
    assert train.images.dtype == torch.uint8 and train.classes[123] == "123"
    for pictures, kinds in ((train, range(5)), (test, range(5, 8))):
        for stack, label in zip(pictures.images[:40], pictures.labels[:40].tolist(), strict=True):
            assert pictures.classes[label] == f"{label:03}"
            for channel, digit in zip(stack, map(int, f"{label:03}"), strict=True):
                assert digit in kinds  # in these files the k-th picture is of a digit k
                np.testing.assert_array_equal(channel.numpy(), digits[digit])
    assert len(train.labels.unique()) > 100, "of 125 that five digits make"
    assert torch.equal(stacked.read(True, 0)[1], train.labels), "the same ones every time"


def test_stacks_need_the_digits_files(tmp_path, monkeypatch):
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path))
    assert not NAMED["stacked-mnist"].here()
    assert "stacked-mnist is not on this machine" in refusal(Data(name="stacked-mnist"))


@has_mnist
def test_stacked_mnist_has_a_thousand_modes():
    images, labels = NAMED["stacked-mnist"].read(False, 0)
    assert images.shape == (26_000, 3, 28, 28) and (NAMED["stacked-mnist"].count) == 128_000
    share = labels.bincount(minlength=1000).double() / len(labels)
    assert (share > 0).all(), "all modes"
    # real stacks have this distance from an even spread, by MNIST's classes and by chance:
    # (1000 - 1) / (2 · 26,000) of chance alone
    assert 0.0192 < (share * (1000 * share).log()).sum() < 0.05


@pytest.fixture
def svhn(tmp_path, monkeypatch):
    """SVHN's layout with three pictures, known to torchvision by their sums."""
    from scipy.io import savemat
    from torchvision.datasets import SVHN

    monkeypatch.setenv("GANLAB_DATA", str(tmp_path))
    values = np.arange(32 * 32 * 3 * 3).reshape(32, 32, 3, 3) * 7 % 256
    known = dict(SVHN.split_list)
    for part in ("train", "test"):
        path = tmp_path / f"{part}_32x32.mat"
        savemat(path, {"X": values.astype(np.uint8), "y": np.array([[10], [1], [9]])})
        known[part] = [*known[part][:2], hashlib.md5(path.read_bytes()).hexdigest()]
    monkeypatch.setattr(SVHN, "split_list", known)
    return tmp_path, values


def test_svhn_is_read_with_its_tens_as_zeros(svhn):
    folder, values = svhn
    pictures = load(Data(name="svhn"))
    np.testing.assert_array_equal(pictures.images.numpy(), values.transpose(3, 2, 0, 1))
    assert pictures.labels.tolist() == [0, 1, 9] and pictures.labels.dtype == torch.int64
    (folder / "test_32x32.mat").write_bytes(b"cut")
    assert "files of svhn" in refusal(Data(name="svhn"), train=False)


@pytest.fixture
def celeba(tmp_path, monkeypatch):
    """CelebA's layout with four faces of one colour, framed above and below in black."""
    from torchvision.datasets import CelebA

    monkeypatch.setenv("GANLAB_DATA", str(tmp_path))
    monkeypatch.setattr(CelebA, "_check_integrity", lambda _: True)
    folder = tmp_path / "celeba"
    (folder / "img_align_celeba").mkdir(parents=True)
    names = [f"{k:06}.jpg" for k in range(4)]
    flags = ["-1 -1", "1 -1", "-1 1", "1 1"]
    for k, name in enumerate(names):
        picture = Image.new("RGB", (178, 218), "black")
        picture.paste((60 * k, 100, 50), (0, 20, 178, 198))
        picture.save(folder / "img_align_celeba" / name, quality=95)
    rows = [f"{name} {flag}" for name, flag in zip(names, flags, strict=True)]
    lines = {
        "list_attr_celeba.txt": ["4", "Eyeglasses Smiling", *rows],
        "list_eval_partition.txt": [f"{name} {0 if k < 3 else 2}" for k, name in enumerate(names)],
        "identity_CelebA.txt": [f"{name} {k}" for k, name in enumerate(names)],
        "list_bbox_celeba.txt": ["4", "a b", *(f"{name} 1 1" for name in names)],
        "list_landmarks_align_celeba.txt": ["4", "a b", *(f"{name} 1 1" for name in names)],
    }
    for name, content in lines.items():
        (folder / name).write_text("\n".join(content) + "\n")
    return folder


@pytest.mark.parametrize("size", [0, 32])
def test_celeba_is_the_middle_of_each_face(celeba, size):
    pictures = load(Data(name="celeba", size=size))
    assert pictures.images.shape == (3, 3, size or 64, size or 64)
    assert [pictures.classes[k] for k in pictures.labels] == ["plain", "glasses", "smiling"]
    colours = pictures.images.float().mean((2, 3))
    np.testing.assert_allclose(colours, [(60 * k, 100, 50) for k in range(3)], atol=4)


def test_a_damaged_face_is_refused_in_one_sentence(celeba):
    (celeba / "img_align_celeba" / "000001.jpg").write_bytes(b"cut")
    assert "files of celeba" in refusal(Data(name="celeba"))


# -- shapes and ranges --------------------------------------------------------------------------


@pytest.mark.parametrize("size", [8, 13, 32, 128])
@pytest.mark.parametrize(("colour", "channels"), [("own", 1), ("grey", 1), ("rgb", 3)])
def test_any_size_and_colour(size, colour, channels):
    pictures = load(Data(name="digits:1", size=size, colour=colour))
    assert pictures.images.shape[1:] == (channels, size, size)
    assert pictures.images.dtype == torch.uint8
    if channels == 3:
        assert (pictures.images[:, :1] == pictures.images).all()


def test_resizing_equals_pillow_s_bilinear_filter(digits):
    """Both antialias when making smaller; Pillow is the reference of another hand."""
    large = load(Data(name="digits", size=64))
    small = large.shaped(24, "own")
    for ours, theirs in zip(small.images[:20, 0], large.images[:20, 0], strict=True):
        pillow = Image.fromarray(theirs.numpy()).resize((24, 24), Image.Resampling.BILINEAR)
        assert np.abs(np.asarray(pillow).astype(int) - ours.numpy()).max() <= 1


def test_grey_equals_pillow_s():
    images = torch.randint(0, 256, (6, 3, 8, 8), generator=torch.Generator().manual_seed(0))
    from gan_lab.data import Pictures

    grey = Pictures("x", images.byte()).shaped(0, "grey").images
    for ours, colour in zip(grey, images.byte(), strict=True):
        pillow = Image.fromarray(colour.permute(1, 2, 0).numpy()).convert("L")
        assert np.abs(np.asarray(pillow).astype(int) - ours[0].numpy()).max() <= 1


@pytest.mark.parametrize(
    ("output", "low", "high"),
    [("tanh", -1.0, 1.0), ("sigmoid", 0.0, 1.0), ("linear", -1.0, 1.0)],
)
def test_ranges_invert_on_every_value(output, low, high):
    values = torch.arange(256, dtype=torch.uint8)
    x = to_range(values, output)
    assert (x.min(), x.max()) == (low, high) and x.dtype == torch.float32
    assert torch.equal(to_pixels(x, output), values)
    assert to_pixels(torch.tensor([-9.0, 9.0]), output).tolist() == [0, 255]


def test_digests_tell_pictures_apart(digits):
    assert digits.digest == load(Data(name="digits")).digest
    assert digits.digest != digits.only(("1",)).digest
    changed = digits.images.clone()
    changed[-1, 0, -1, -1] += 1
    assert type(digits)("digits", changed).digest != digits.digest


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("digits", "digits"),
        ("/home/ada/birds", "birds"),
        ("/srv/sent/birds.zip", "birds.zip"),
        (r"C:\Users\ada\birds", "birds"),  # of a run that was brought from there
        ("drawn:ring", "own drawing"),
    ],
)
def test_what_a_set_is_called_tells_nothing_of_where_it_lies(name, short):
    assert short_name(name) == short
