"""What the ledger says of the changes of a run."""

from gan_lab.training.ledger import Entry, restored


def test_undo_says_once_for_each_parameter_what_it_is_now():
    away = (
        Entry(300, "optim.d.lr", 0.002, 0.1),
        Entry(301, "pause"),
        Entry(310, "optim.d.lr", 0.1, 1.0),
        Entry(320, "optim.g.lr", 0.004, 0.1),
        Entry(330, "optim.g.lr", 0.1, 7.0, "refused"),
    )
    assert restored(away) == (
        "optim.d.lr is 0.002 again, no longer 1.0; optim.g.lr is 0.004 again, no longer 0.1"
    )


def test_undo_of_a_parameter_that_was_set_back_does_not_contradict_itself():
    there_and_back = (
        Entry(300, "optim.d.lr", 0.002, 1.0),
        Entry(400, "optim.d.lr", 1.0, 0.002),
    )
    assert restored(there_and_back) == "optim.d.lr is still 0.002"
    assert restored(()) == ""
