import pytest
from statstream import RunningStats, exponential_average, moving_average
from statsum import EmptySample, InvalidValue, SampleError


@pytest.mark.requirement("R16")
def test_push_keeps_count_and_extremes():
    stats = RunningStats()
    for value in (4, 1, 7, 6):
        stats.push(value)
    assert (stats.count, stats.minimum, stats.maximum) == (4, 1, 7)


@pytest.mark.requirement("R16")
def test_a_fresh_stream_has_no_extremes():
    stats = RunningStats()
    assert (stats.count, stats.minimum, stats.maximum) == (0, None, None)
    stats.push(0)
    assert (stats.count, stats.minimum, stats.maximum) == (1, 0, 0)


@pytest.mark.requirement("R16")
def test_push_refuses_what_is_not_finite():
    stats = RunningStats()
    stats.push(5)
    with pytest.raises(InvalidValue) as caught:
        stats.push(float("nan"))
    assert caught.value.index == 1
    assert stats.count == 1


@pytest.mark.requirement("R16")
def test_extend_takes_all_or_nothing():
    stats = RunningStats()
    stats.extend([3, 1])
    with pytest.raises(InvalidValue) as caught:
        stats.extend([9, float("inf")])
    assert caught.value.index == 1
    assert (stats.count, stats.maximum) == (2, 3)


@pytest.mark.requirement("R17")
def test_running_mean():
    stats = RunningStats()
    stats.extend([2, 4, 9])
    assert stats.mean() == pytest.approx(5)
    with pytest.raises(EmptySample):
        RunningStats().mean()


@pytest.mark.requirement("R17")
def test_running_variance_and_deviation():
    stats = RunningStats()
    stats.extend([1, 3, 5, 7])
    assert stats.variance() == pytest.approx(20 / 3)
    assert stats.deviation() == pytest.approx((20 / 3) ** 0.5)


@pytest.mark.requirement("R17")
def test_running_variance_needs_two_values():
    stats = RunningStats()
    stats.extend([1])
    with pytest.raises(EmptySample):
        stats.variance()
    with pytest.raises(EmptySample):
        stats.deviation()
    stats.extend([2])
    assert stats.deviation() == pytest.approx(0.5**0.5)


@pytest.mark.requirement("R18")
def test_running_variance_far_from_zero():
    stats = RunningStats()
    stats.extend([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])
    assert stats.variance() == pytest.approx(30)


@pytest.mark.requirement("R18")
def test_running_variance_of_equal_values():
    stats = RunningStats()
    stats.extend([0.1] * 50)
    assert stats.variance() == 0


@pytest.mark.requirement("R19")
def test_merged_streams():
    first, second = RunningStats(), RunningStats()
    first.extend([1, 2])
    second.extend([6, 7, 9])
    both = first.merged(second)
    assert (both.count, both.minimum, both.maximum) == (5, 1, 9)
    assert both.mean() == pytest.approx(5)
    assert both.variance() == pytest.approx(11.5)
    assert (first.count, second.count) == (2, 3)


@pytest.mark.requirement("R19")
def test_merging_with_an_empty_stream():
    first = RunningStats()
    first.extend([1, 2])
    both = RunningStats().merged(first)
    assert (both.count, both.minimum, both.mean()) == (2, 1, 1.5)
    assert RunningStats().merged(RunningStats()).minimum is None


@pytest.mark.requirement("R20")
def test_moving_average():
    assert moving_average([1, 3, 5, 10], 2) == [2, 4, 7.5]
    assert moving_average([1, 3], 2) == [2]
    assert moving_average([1, 3], 3) == []


@pytest.mark.requirement("R20")
def test_moving_average_needs_a_window():
    assert moving_average([4, 6], 1) == [4, 6]
    with pytest.raises(SampleError):
        moving_average([4, 6], 0)


@pytest.mark.requirement("R20")
def test_exponential_average():
    assert exponential_average([8, 4, 0], 0.25) == [8, 7, 5.25]
    assert exponential_average([8, 4], 1) == [8, 4]


@pytest.mark.requirement("R20")
@pytest.mark.parametrize("weight", [0, 1.1])
def test_exponential_average_limits_the_weight(weight):
    with pytest.raises(SampleError):
        exponential_average([1, 2], weight)
