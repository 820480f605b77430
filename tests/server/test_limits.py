"""How much of the processor a visitor may use."""

from gan_lab.server.limits import Seconds, too_costly


def test_seconds_are_spent_owed_and_come_back():
    now = [100.0]
    seconds = Seconds(0.2, 10.0, clock=lambda: now[0])
    assert seconds.wait("anna") == 0
    seconds.spend("anna", 9.0)
    assert seconds.wait("anna") == 0
    seconds.spend("anna", 5.0)  # known only afterwards, so that four are owed
    assert seconds.wait("anna") == 20.0
    assert seconds.wait("bert") == 0
    now[0] += 15
    assert seconds.wait("anna") == 5.0
    now[0] += 5000
    seconds.spend("anna", 12.0)  # no more than ten had come back
    assert seconds.wait("anna") == 10.0


def test_the_visitors_longest_not_heard_of_are_forgotten():
    seconds = Seconds(0.2, 10.0, names=3, clock=lambda: 0.0)
    for number in range(9):
        seconds.spend(f"{number}", 12.0)
    assert [seconds.wait(f"{number}") for number in (0, 8)] == [0, 10.0]
    assert len(seconds._left) == 3


def test_the_sentence_says_how_long_to_wait():
    assert too_costly(9.2).endswith("try again in 10 seconds.")
    assert too_costly(0.1).endswith("try again in 1 second.")
