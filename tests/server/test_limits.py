"""How much of the processor a visitor may use."""

from gan_lab.server.limits import (
    ADDRESS_SECONDS,
    ALL_LINES,
    CROWD,
    LINES,
    Rates,
    Seconds,
    Slots,
    arrivals,
    of_address,
    too_costly,
    wishes,
)
from gan_lab.server.visitors import Sender

ANNA = Sender("anna", "198.51.100.7")


def invented(count: int) -> list[Sender]:
    """Cookies that one client invents."""
    return [Sender(f"{number}", "192.0.2.1") for number in range(count)]


def test_seconds_are_spent_owed_and_come_back():
    now = [100.0]
    seconds = Seconds(0.2, 10.0, clock=lambda: now[0])
    assert seconds.wait(Sender("anna")) == 0
    seconds.spend(Sender("anna"), 9.0)
    assert seconds.wait(Sender("anna")) == 0
    seconds.spend(Sender("anna"), 5.0)  # known only afterwards, so that four are owed
    assert seconds.wait(Sender("anna")) == 20.0
    assert seconds.wait(Sender("bert")) == 0
    now[0] += 15
    assert seconds.wait(Sender("anna")) == 5.0
    now[0] += 5000
    seconds.spend(Sender("anna"), 12.0)  # no more than ten had come back
    assert seconds.wait(Sender("anna")) == 10.0


def test_the_visitors_longest_not_heard_of_are_forgotten():
    seconds = Seconds(0.2, 10.0, names=3, clock=lambda: 0.0)
    for number in range(9):
        seconds.spend(Sender(f"{number}", f"{number}"), 12.0)
    assert [seconds.wait(Sender(f"{number}")) for number in (0, 8)] == [0, 10.0]
    assert len(seconds._visitors._left) == 3


def test_the_sentence_says_how_long_to_wait():
    assert too_costly(9.2).endswith("try again in 10 seconds.")
    assert too_costly(0.1).endswith("try again in 1 second.")


def test_invented_cookies_have_the_seconds_of_one_address():
    seconds = Seconds(0.2, 10.0, clock=lambda: 0.0)
    cookies = invented(200)
    for sender in cookies[:100]:
        seconds.spend(sender, ADDRESS_SECONDS.at_once / 100 + 0.05)
    assert seconds.wait(cookies[150]) > 0, "a cookie that was not used yet"
    assert seconds.wait(ANNA) == 0


def test_sixty_people_behind_one_address_have_some_seconds_each():
    seconds = Seconds(0.2, 10.0, clock=lambda: 0.0)
    for sender in invented(60):
        assert seconds.wait(sender) == 0
        seconds.spend(sender, 1.9)


def test_invented_cookies_have_the_rate_of_one_address():
    rates = Rates(0.0, 2)
    heard = [rates.takes(sender) for sender in invented(3 * CROWD)]
    assert heard == [True] * 2 * CROWD + [False] * CROWD
    assert rates.takes(ANNA)


def test_a_visitor_who_is_refused_takes_nothing_from_the_address():
    rates = Rates(0.0, 2)
    first, *others = invented(2 * CROWD - 1)
    assert [rates.takes(first) for _ in range(10 * CROWD)].count(True) == 2
    assert all(rates.takes(sender) for sender in others)


def test_invented_cookies_leave_slots_to_other_addresses():
    slots = Slots()
    taken = [slots.take(sender, 4, 16) for sender in invented(30)]
    assert taken == [""] * of_address(16) + ["others"] * (30 - of_address(16))
    assert [slots.take(ANNA, 4, 16) for _ in range(5)] == [""] * 4 + ["own"]
    assert slots.take(Sender("bert", "203.0.113.5"), 4, 16) == "others", "all are taken"
    slots.release(invented(1)[0])
    assert slots.take(Sender("new", "192.0.2.1"), 4, 16) == ""


def test_sixty_people_behind_one_address_have_room():
    slots, brings, exports = Slots(), arrivals(), wishes()
    for sender in invented(60):
        assert [slots.take(sender, LINES, ALL_LINES) for _ in range(20)] == [""] * 20
        assert all(brings.takes(sender) for _ in range(3))
        assert all(exports.takes(sender, "run") for _ in range(10))


def test_slots_that_nobody_holds_are_forgotten():
    slots = Slots()
    for sender in invented(5):
        slots.take(sender, 4, 16)
        slots.release(sender)
    assert not slots._visitors and not slots._addresses
