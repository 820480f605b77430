"""Lists of layers as people read and change them."""

from gan_lab.config import LayerSpec
from gan_lab.networks.editing import counting, in_words, inserted, removed


def named(name, **fields):
    return LayerSpec(kind="linear", channels=name, **fields)


def join(source):
    return LayerSpec(kind="add", source=source)


def test_an_inserted_layer_leaves_joins_to_what_they_joined():
    layers = (named(1), named(2), join(1), named(4), join(3))
    assert inserted(layers, 1, named(9)) == (named(9), *layers[:2], join(2), named(4), join(4))
    assert inserted(layers, 2, named(9)) == (layers[0], named(9), named(2), join(1), *layers[3:4],
                                             join(4))  # fmt: skip
    assert inserted(layers, 6, named(9)) == (*layers, named(9))


def test_removed_layers_leave_joins_to_what_they_joined_or_what_led_to_it():
    layers = (named(1), named(2), named(3), join(2), join(0))
    assert removed(layers, {1}) == (named(2), named(3), join(1), join(0))
    assert removed(layers, {2}) == (named(1), named(3), join(1), join(0))
    assert removed(layers, {1, 2}) == (named(3), join(0), join(0))
    assert removed(layers, set()) == layers


def test_a_layer_in_words():
    conv = LayerSpec(kernel=4, stride=2, bias=False, norm="batch", activation="leaky", slope=0.1)
    assert in_words(conv) == "4×4 px, stride 2, no constant, batch norm, leaky, 0.1"
    assert in_words(LayerSpec(kind="flatten", kernel=5)) == ""
    assert in_words(join(0)) == "layer 0"
    assert in_words(LayerSpec(kind="reshape", side=4, dropout=0.5)) == "4 px, dropout 0.5"


def test_fields_that_count():
    assert set(counting(LayerSpec(kind="max"))) == {"stride", "norm", "activation", "dropout"}
    assert "slope" in counting(LayerSpec(activation="leaky"))
    assert "border" not in counting(LayerSpec(kind="transposed"))
