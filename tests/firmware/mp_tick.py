from core import tick


def test_a_board_without_a_hard_tick_gets_none():
    assert tick.start(None, lambda source: None) is None


def test_an_unknown_capability_is_refused():
    try:
        tick.start("hope", lambda source: None)
    except ValueError as error:
        assert "pio" in str(error)
    else:
        raise AssertionError("started")


def test_counters_stay_small_integers_on_a_board():
    assert tick.WRAP + 1 < 1 << 30
