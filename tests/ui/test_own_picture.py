"""A picture of one's own, as a generator takes it."""

from torch import nn

from gan_lab.ui.own_picture import turned


def test_any_of_several_generators_may_have_the_first_ones_part():
    there, back = nn.Identity(), nn.Tanh()
    both = {"G_ab": there, "G_ba": back}
    assert turned(both, "G_ab") == both
    assert turned(both, "G_ba") == {"G_ab": back, "G_ba": there}
