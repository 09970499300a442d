import pytest
import topicbus
from topicbus import TopicError


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("text", ["order", "shop.order.paid", "a-1.b_2"])
def test_topics_are_words_joined_by_dots(text):
    assert topicbus.is_topic(text) is True


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", "a b", "a.*", "#"])
def test_other_texts_are_no_topics(text):
    assert topicbus.is_topic(text) is False


@pytest.mark.requirement("R1")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b", True),
        ("*", True),
        ("#", True),
        ("a.*.c.#", True),
        ("#.a", False),
        ("a.#.b", False),
        ("a.b*", False),
        ("a..#", False),
    ],
)
def test_patterns_may_hold_wildcards(text, expected):
    assert topicbus.is_pattern(text) is expected


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    ("pattern", "topic", "expected"),
    [
        ("shop.order", "shop.order", True),
        ("shop.order", "shop.order.paid", False),
        ("shop.order", "shop.user", False),
        ("shop.*", "shop.order", True),
        ("shop.*", "shop", False),
        ("*.order", "shop.order", True),
        ("*", "shop.order", False),
    ],
)
def test_a_star_stands_for_one_word(pattern, topic, expected):
    assert topicbus.matches(pattern, topic) is expected


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(
    ("topic", "expected"),
    [("shop.order", True), ("shop.order.paid.late", True), ("shop", False), ("store.order", False)],
)
def test_a_hash_stands_for_any_number_of_words(topic, expected):
    assert topicbus.matches("shop.*.#", topic) is expected


@pytest.mark.requirement("R2")
def test_a_hash_alone_takes_everything():
    assert topicbus.matches("#", "a.b.c") is True


@pytest.mark.requirement("R2")
@pytest.mark.parametrize(("pattern", "topic"), [("a..b", "a"), ("a", "a.*")])
def test_matching_malformed_texts_is_refused(pattern, topic):
    with pytest.raises(TopicError):
        topicbus.matches(pattern, topic)


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("a.b", "a.b", True),
        ("a.*", "*.b", True),
        ("a.*", "b.*", False),
        ("a.b.c", "a.b", False),
        ("a.#", "a", True),
        ("a.b", "a.b.#", True),
        ("a", "a.b.#", False),
        ("a.#", "*.x.y", True),
        ("a.#", "b.#", False),
    ],
)
def test_patterns_overlap_when_a_topic_belongs_to_both(first, second, expected):
    assert topicbus.overlap(first, second) is expected


@pytest.mark.requirement("R3")
@pytest.mark.parametrize(("first", "second"), [("a", "a.b*"), ("#.a", "a")])
def test_overlap_of_malformed_patterns_is_refused(first, second):
    with pytest.raises(TopicError):
        topicbus.overlap(first, second)


@pytest.mark.requirement("R3")
def test_precise_patterns_come_first():
    patterns = ["#", "a.#", "*.b", "a.*", "b.c", "a.b"]
    assert topicbus.by_precision(patterns) == ["a.b", "b.c", "a.*", "a.#", "*.b", "#"]
