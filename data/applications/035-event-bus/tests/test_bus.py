import pytest
from topicbus import Bus, Event, Failure, Recorder, RecorderFull, Subscription, TopicError, UnknownSubscription


@pytest.mark.requirement("R4")
def test_publishing_returns_who_took_the_event():
    bus = Bus([Subscription("a.*"), Subscription("b"), Subscription("#")])
    assert (bus.publish("a.x"), bus.publish("b"), bus.publish("c")) == ([1, 3], [2, 3], [3])


@pytest.mark.requirement("R4")
def test_publishing_to_a_pattern_is_refused():
    with pytest.raises(TopicError):
        Bus().publish("a.*")


@pytest.mark.requirement("R5")
def test_subscribing_numbers_from_one():
    bus = Bus()
    assert [bus.subscribe("a"), bus.subscribe("a.#"), bus.once("b")] == [1, 2, 3]


@pytest.mark.requirement("R5")
def test_subscribing_counts_on_after_the_first_ones():
    assert Bus([Subscription("a")]).subscribe("b") == 2


@pytest.mark.requirement("R5")
def test_a_plain_subscription_shares_with_the_others():
    bus = Bus([Subscription("a")])
    assert (bus.subscribe("a"), bus.subscribe("#")) == (2, 3)
    assert bus.publish("a") == [1, 2, 3]


@pytest.mark.requirement("R5")
def test_a_malformed_pattern_is_refused():
    with pytest.raises(TopicError):
        Bus().subscribe("a.#.b")


@pytest.mark.requirement("R5", "R7")
@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_is_refused(limit):
    with pytest.raises(ValueError):
        Bus().subscribe("a", limit=limit)


@pytest.mark.requirement("R6")
def test_a_higher_priority_goes_first_then_the_older():
    wishes = [Subscription("a"), Subscription("#", priority=5), Subscription("a", priority=-1), Subscription("a")]
    assert Bus(wishes).publish("a") == [2, 1, 4, 3]


@pytest.mark.requirement("R6")
def test_subscribers_are_listed_in_delivery_order():
    bus = Bus([Subscription("a.#"), Subscription("b"), Subscription("a.*", priority=1)])
    assert (bus.subscribers("a.x"), bus.subscribers("a"), bus.subscribers("c")) == ([3, 1], [1], [])


@pytest.mark.requirement("R6")
def test_subscribers_of_a_pattern_are_refused():
    with pytest.raises(TopicError):
        Bus().subscribers("a.#")


@pytest.mark.requirement("R6")
def test_a_consuming_subscription_keeps_the_event():
    wishes = [Subscription("a"), Subscription("a", priority=1, consume=True), Subscription("#", priority=2)]
    assert Bus(wishes).publish("a") == [3, 2]


@pytest.mark.requirement("R7")
def test_a_limited_subscription_ends_after_its_last_event():
    bus = Bus([Subscription("a", limit=2)])
    assert [bus.publish("a"), bus.publish("b"), bus.publish("a"), bus.publish("a")] == [[1], [], [1], []]


@pytest.mark.requirement("R7")
def test_once_takes_one_event():
    bus = Bus()
    bus.once("a")
    assert [bus.publish("a"), bus.publish("a")] == [[1], []]


@pytest.mark.requirement("R7")
def test_a_limited_consumer_keeps_its_last_event():
    bus = Bus([Subscription("a", limit=1, consume=True), Subscription("a")])
    assert [bus.publish("a"), bus.publish("a")] == [[1], [2]]


@pytest.mark.requirement("R8")
def test_an_ended_subscription_gets_nothing():
    bus = Bus([Subscription("a"), Subscription("a")])
    bus.unsubscribe(1)
    assert bus.publish("a") == [2]


@pytest.mark.requirement("R8")
@pytest.mark.parametrize("number", [0, 2])
def test_ending_an_unknown_subscription_is_refused(number):
    bus = Bus([Subscription("a")])
    with pytest.raises(UnknownSubscription):
        bus.unsubscribe(number)


@pytest.mark.requirement("R8")
def test_subscriptions_that_have_not_ended_are_listed():
    bus = Bus([Subscription("a"), Subscription("b.*")])
    bus.unsubscribe(1)
    assert bus.subscriptions() == {2: "b.*"}


@pytest.mark.requirement("R9")
def test_a_paused_subscription_misses_events():
    bus = Bus([Subscription("a"), Subscription("a")])
    bus.pause(1)
    assert bus.publish("a") == [2]
    bus.resume(1)
    assert bus.publish("a") == [1, 2]


@pytest.mark.requirement("R9")
def test_pausing_an_unknown_subscription_is_refused():
    with pytest.raises(UnknownSubscription):
        Bus().pause(1)


@pytest.mark.requirement("R9")
def test_resuming_an_unknown_subscription_is_refused():
    with pytest.raises(UnknownSubscription):
        Bus().resume(1)


@pytest.mark.requirement("R10")
def test_history_is_numbered_and_ordered():
    bus = Bus()
    bus.publish("a", 7)
    bus.publish("b.c")
    assert bus.history() == [Event(1, "a", 7), Event(2, "b.c", None)]


@pytest.mark.requirement("R10")
def test_history_can_be_narrowed():
    bus = Bus()
    for topic in ("a.x", "b", "a.y", "a.z"):
        bus.publish(topic)
    assert [event.number for event in bus.history("a.*", after=1)] == [3, 4]


@pytest.mark.requirement("R10")
def test_history_of_a_malformed_pattern_is_refused():
    with pytest.raises(TopicError):
        Bus().history("a..b")


@pytest.mark.requirement("R10")
def test_the_last_event_of_a_topic():
    bus = Bus()
    bus.publish("a", 1)
    bus.publish("a", 2)
    bus.publish("b", 3)
    assert (bus.last("a"), bus.last("c")) == (Event(2, "a", 2), None)


@pytest.mark.requirement("R10")
def test_the_last_event_of_a_pattern_is_refused():
    with pytest.raises(TopicError):
        Bus().last("*")


@pytest.mark.requirement("R11")
def test_only_the_newest_events_are_remembered():
    bus = Bus(history_size=2)
    for topic in ("a", "b", "c"):
        bus.publish(topic)
    assert [event.topic for event in bus.history()] == ["b", "c"]


@pytest.mark.requirement("R11")
def test_a_history_of_size_zero_remembers_nothing():
    bus = Bus(history_size=0)
    bus.publish("a")
    assert bus.history() == []


@pytest.mark.requirement("R11")
def test_a_negative_history_size_is_refused():
    with pytest.raises(ValueError):
        Bus(history_size=-1)


@pytest.mark.requirement("R11")
def test_a_hundred_events_are_remembered_by_default():
    bus = Bus()
    for _ in range(101):
        bus.publish("a")
    assert [event.number for event in bus.history()] == list(range(2, 102))


@pytest.mark.requirement("R12")
def test_replay_hands_old_events_to_one_subscription():
    bus = Bus()
    for topic in ("a", "b", "a"):
        bus.publish(topic)
    assert (bus.replay(bus.subscribe("a")), bus.replay(bus.subscribe("#"), after=1)) == (2, 2)


@pytest.mark.requirement("R12")
def test_replay_ends_with_the_limit():
    bus = Bus([Subscription("a", limit=3)])
    bus.publish("a")
    bus.publish("a")
    assert bus.replay(1) == 1


@pytest.mark.requirement("R12")
def test_replay_counts_what_was_taken():
    bus = Bus()
    bus.publish("a")
    assert bus.replay(bus.subscribe("a", Recorder(capacity=0))) == 0


@pytest.mark.requirement("R12")
def test_replay_to_an_unknown_subscription_is_refused():
    with pytest.raises(UnknownSubscription):
        Bus().replay(1)


@pytest.mark.requirement("R13")
def test_a_failing_handler_does_not_stop_the_others():
    bus = Bus([Subscription("a", Recorder(capacity=0)), Subscription("a")])
    assert bus.publish("a") == [2]


@pytest.mark.requirement("R13")
def test_failures_are_noted():
    bus = Bus([Subscription("a", Recorder(capacity=1))])
    bus.publish("a")
    bus.publish("a", "late")
    assert bus.failures() == [Failure(1, Event(2, "a", "late"), "RecorderFull")]


@pytest.mark.requirement("R13")
def test_a_failed_consumer_lets_the_event_pass():
    wishes = [Subscription("a", Recorder(capacity=0), consume=True), Subscription("a")]
    assert Bus(wishes).publish("a") == [2]


@pytest.mark.requirement("R14")
def test_deliveries_are_counted_also_after_the_end():
    bus = Bus([Subscription("a"), Subscription("a", limit=1)])
    bus.publish("a")
    bus.publish("a")
    assert (bus.delivered(1), bus.delivered(2)) == (2, 1)


@pytest.mark.requirement("R14")
def test_deliveries_of_an_unknown_subscription_are_refused():
    with pytest.raises(UnknownSubscription):
        Bus().delivered(1)


@pytest.mark.requirement("R14")
def test_events_that_nobody_took_are_kept():
    bus = Bus([Subscription("a")])
    bus.publish("a")
    bus.publish("b", 5)
    assert bus.unheard() == [Event(2, "b", 5)]


@pytest.mark.requirement("R15")
def test_a_recorder_keeps_events_in_order():
    recorder = Recorder()
    recorder.handle(Event(1, "b", 10))
    recorder.handle(Event(2, "a"))
    assert recorder.events() == [Event(1, "b", 10), Event(2, "a")]


@pytest.mark.requirement("R15")
def test_a_full_recorder_refuses():
    recorder = Recorder(capacity=1)
    recorder.handle(Event(1, "a"))
    with pytest.raises(RecorderFull):
        recorder.handle(Event(2, "a"))


@pytest.mark.requirement("R16")
def test_a_recorder_shows_payloads():
    assert Recorder(events=[Event(1, "a", 1), Event(4, "b", "x")]).payloads() == [1, "x"]


@pytest.mark.requirement("R4", "R16")
def test_a_recorder_on_the_bus_gets_its_topic_only():
    recorder = Recorder()
    bus = Bus([Subscription("a", recorder)])
    bus.publish("a", 1)
    bus.publish("b", 2)
    bus.publish("a", "x")
    assert recorder.payloads() == [1, "x"]


@pytest.mark.requirement("R16")
def test_a_cleared_recorder_has_room_again():
    recorder = Recorder(capacity=1, events=[Event(1, "a")])
    assert recorder.clear() == 1
    recorder.handle(Event(2, "a"))
    assert recorder.clear() == 1


@pytest.mark.requirement("R16")
def test_clearing_forgets_everything():
    recorder = Recorder(events=[Event(1, "a"), Event(2, "a")])
    assert [recorder.clear(), recorder.clear()] == [2, 0]
