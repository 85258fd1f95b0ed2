import threading

import pytest

from pixray.recorders.background import Background


def test_jobs_are_done_in_order_by_one_thread():
    done, background = [], Background()
    for number in range(20):
        background.do(lambda number=number: done.append((number, threading.current_thread().name)))
    background.close()
    assert [number for number, _ in done] == list(range(20)) and len({name for _, name in done}) == 1
    assert done[0][1] != threading.current_thread().name


def test_an_error_reaches_whoever_waits_and_the_thread_ends():
    background = Background()
    background.do(lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        background.close()
    background.do(lambda: None)
    background.close()


def test_no_more_than_a_few_jobs_wait():
    gate, background, given = threading.Event(), Background(), []
    background.do(gate.wait)

    def give():
        for number in range(10):
            background.do(lambda: None)
            given.append(number)

    giver = threading.Thread(target=give)
    giver.start()
    giver.join(0.2)
    assert len(given) < 10
    gate.set()
    giver.join(10)
    background.close()
    assert len(given) == 10
