import pytest
from semrange import (
    Comparator,
    Range,
    RangeError,
    Version,
    VersionError,
    best_match,
    bump,
    bump_prerelease,
    compare,
    difference,
    is_valid,
    oldest_match,
    outdated,
    parse_range,
    parse_version,
    satisfies,
    sort_versions,
)

BAD = [
    "",
    "1.2",
    "1.2.3.4",
    "01.2.3",
    "1.02.3",
    "1.2.3-",
    "1.2.3-a..b",
    "1.2.3-01",
    "1.2.3+",
    "v1.2.3",
    " 1.2.3",
    "1.2.x",
]


@pytest.mark.requirement("R1")
def test_parse_reads_the_three_numbers():
    assert parse_version("1.20.0") == Version(1, 20, 0)


@pytest.mark.requirement("R1")
def test_parse_reads_prerelease_and_build():
    version = parse_version("1.0.0-rc.1-x.0+sha.00f")
    assert version.prerelease == ("rc", "1-x", "0")
    assert version.build == ("sha", "00f")


@pytest.mark.requirement("R1")
def test_text_writes_every_part():
    assert Version(1, 2, 3, ("rc", "1"), ("b", "7")).text() == "1.2.3-rc.1+b.7"
    assert Version(1, 0, 3).text() == "1.0.3"


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("text", BAD)
def test_malformed_versions_are_refused(text):
    with pytest.raises(VersionError):
        parse_version(text)


@pytest.mark.requirement("R2")
def test_is_valid_tells_versions_from_other_texts():
    assert {is_valid(text) for text in BAD} == {False}
    assert all(is_valid(text) for text in ["0.0.0", "1.2.3-0", "1.2.3-0a", "10.20.30+001"])


@pytest.mark.requirement("R3")
def test_stable_means_released_and_not_zero():
    assert Version(1, 0, 0).is_stable() is True
    assert Version(0, 9, 0).is_stable() is False
    assert Version(2, 0, 0, ("rc",)).is_stable() is False


@pytest.mark.requirement("R3")
def test_a_build_does_not_make_a_version_unstable():
    assert Version(1, 0, 0, (), ("b",)).is_stable() is True


@pytest.mark.requirement("R4")
def test_compare_goes_number_by_number():
    assert compare("1.2.3", "1.2.10") == -1
    assert compare("2.0.0", "1.9.9") == 1
    assert compare("1.3.0", "1.2.9") == 1
    assert compare("1.2.3", "1.2.3") == 0


@pytest.mark.requirement("R4")
def test_compare_follows_the_order_of_prereleases():
    order = [
        "1.0.0-1",
        "1.0.0-2",
        "1.0.0-10",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0",
    ]
    assert [compare(a, b) for a, b in zip(order, order[1:], strict=False)] == [-1] * 7


@pytest.mark.requirement("R4")
def test_compare_ignores_builds():
    assert compare("1.0.0+a", "1.0.0+b") == 0


@pytest.mark.requirement("R4")
def test_compare_refuses_malformed_versions():
    with pytest.raises(VersionError):
        compare("1.0.0", "1.0")


@pytest.mark.requirement("R5")
def test_sort_goes_by_precedence():
    assert sort_versions(["1.10.0", "1.9.0", "1.9.0-rc.1"]) == ["1.9.0-rc.1", "1.9.0", "1.10.0"]


@pytest.mark.requirement("R5")
def test_sort_can_descend():
    assert sort_versions(["1.0.0", "3.0.0", "2.0.0"], descending=True) == ["3.0.0", "2.0.0", "1.0.0"]


@pytest.mark.requirement("R5")
def test_sort_keeps_the_order_of_equals():
    assert sort_versions(["1.0.0+b", "1.0.0+a", "0.1.0"]) == ["0.1.0", "1.0.0+b", "1.0.0+a"]


@pytest.mark.requirement("R6")
def test_difference_names_the_most_important_part():
    assert difference("1.2.3", "2.2.4") == "major"
    assert difference("1.2.3", "1.3.4") == "minor"
    assert difference("1.2.3", "1.2.4-rc") == "patch"


@pytest.mark.requirement("R6")
def test_difference_of_prereleases_and_builds():
    assert difference("1.2.3-a", "1.2.3") == "prerelease"
    assert difference("1.2.3+a", "1.2.3+b") is None


@pytest.mark.requirement("R7")
def test_bump_resets_the_lower_numbers():
    assert [bump("1.2.3", part) for part in ("major", "minor", "patch")] == ["2.0.0", "1.3.0", "1.2.4"]


@pytest.mark.requirement("R7")
def test_bump_drops_the_build():
    assert bump("1.2.3+b", "patch") == "1.2.4"


@pytest.mark.requirement("R7")
def test_bump_releases_a_prerelease_of_that_version():
    assert bump("1.2.3-rc.1", "patch") == "1.2.3"
    assert bump("1.3.0-rc.1", "minor") == "1.3.0"
    assert bump("2.0.0-rc.1", "major") == "2.0.0"


@pytest.mark.requirement("R7")
def test_bump_passes_over_a_lesser_prerelease():
    assert bump("1.2.3-rc.1", "minor") == "1.3.0"
    assert bump("1.3.0-rc.1", "major") == "2.0.0"


@pytest.mark.requirement("R7")
def test_bump_refuses_other_parts():
    with pytest.raises(VersionError):
        bump("1.2.3", "build")


@pytest.mark.requirement("R8")
def test_prerelease_of_a_release_belongs_to_the_next_patch():
    assert bump_prerelease("1.2.3") == "1.2.4-rc.1"
    assert bump_prerelease("1.2.3", "beta") == "1.2.4-beta.1"


@pytest.mark.requirement("R8")
def test_prerelease_counts_up():
    assert bump_prerelease("1.2.4-rc.9") == "1.2.4-rc.10"
    assert bump_prerelease("1.2.4-rc") == "1.2.4-rc.1"


@pytest.mark.requirement("R8")
def test_a_later_label_starts_again():
    assert bump_prerelease("1.2.4-beta.7", "rc") == "1.2.4-rc.1"


@pytest.mark.requirement("R8")
def test_an_earlier_label_is_refused():
    with pytest.raises(VersionError):
        bump_prerelease("1.2.4-rc.1", "beta")


@pytest.mark.requirement("R8")
@pytest.mark.parametrize("label", ["", "a.b", "12", "a b"])
def test_odd_labels_are_refused(label):
    with pytest.raises(VersionError):
        bump_prerelease("1.2.3", label)


def bounds(text):
    return parse_range(text).alternatives


def bound(operator, *numbers, pre=()):
    return Comparator(operator, Version(*numbers, prerelease=pre))


@pytest.mark.requirement("R9")
def test_range_reads_plain_comparators():
    assert bounds(">=1.2.3 < 2.0.0") == ((bound(">=", 1, 2, 3), bound("<", 2, 0, 0)),)
    assert bounds("v1.2.3-rc.1") == ((bound("=", 1, 2, 3, pre=("rc", "1")),),)


@pytest.mark.requirement("R9")
def test_range_splits_alternatives():
    assert bounds("1.2.3 || >2.0.0") == ((bound("=", 1, 2, 3),), (bound(">", 2, 0, 0),))


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("text", ["", "*", "x", "X.x"])
def test_wildcards_alone_allow_everything(text):
    assert bounds(text) == ((),)


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("text", ["abc", "1.2.3.4", ">>1.0.0", "1.2-rc", "^", "1.0.0 -", "01.0.0"])
def test_malformed_ranges_are_refused(text):
    with pytest.raises(RangeError):
        parse_range(text)


@pytest.mark.requirement("R10")
@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("^1.2.3", (1, 2, 3), (2, 0, 0)),
        ("^0.2.3", (0, 2, 3), (0, 3, 0)),
        ("^0.0.3", (0, 0, 3), (0, 0, 4)),
        ("^0.0", (0, 0, 0), (0, 1, 0)),
        ("^1.x", (1, 0, 0), (2, 0, 0)),
        ("~1.2.3", (1, 2, 3), (1, 3, 0)),
        ("~1.2", (1, 2, 0), (1, 3, 0)),
        ("~1", (1, 0, 0), (2, 0, 0)),
        ("1.2.x", (1, 2, 0), (1, 3, 0)),
        ("=1", (1, 0, 0), (2, 0, 0)),
    ],
)
def test_carets_tildes_and_wildcards_become_bounds(text, low, high):
    assert bounds(text) == ((bound(">=", *low), bound("<", *high, pre=("0",))),)


@pytest.mark.requirement("R10")
def test_hyphens_span_inclusive_ranges():
    assert bounds("1.2.3 - 2.3.4") == ((bound(">=", 1, 2, 3), bound("<=", 2, 3, 4)),)
    assert bounds("1.2 - 2.3") == ((bound(">=", 1, 2, 0), bound("<", 2, 4, 0, pre=("0",))),)


@pytest.mark.requirement("R10")
def test_operators_on_partial_versions():
    assert bounds(">1.2") == ((bound(">=", 1, 3, 0),),)
    assert bounds("<1.2") == ((bound("<", 1, 2, 0, pre=("0",)),),)
    assert bounds(">=1.2") == ((bound(">=", 1, 2, 0),),)
    assert bounds("<=1") == ((bound("<", 2, 0, 0, pre=("0",)),),)
    assert bounds(">*") == ((bound("<", 0, 0, 0, pre=("0",)),),)
    assert bounds(">=*") == ((),)


@pytest.mark.requirement("R11")
def test_comparator_holds_on_its_side():
    versions = [Version(1, 0, 0), Version(1, 1, 0), Version(1, 2, 0)]
    held = {op: [Comparator(op, versions[1]).holds(one) for one in versions] for op in ("<", "<=", "=", ">=", ">")}
    assert held["<"] == [True, False, False]
    assert held["<="] == [True, True, False]
    assert held["="] == [False, True, False]
    assert held[">="] == [False, True, True]
    assert held[">"] == [False, False, True]


@pytest.mark.requirement("R11")
def test_range_text_lists_the_comparators():
    wanted = Range(((bound(">=", 1, 2, 3), bound("<", 2, 0, 0, pre=("0",))), ()))
    assert wanted.text() == ">=1.2.3 <2.0.0-0 || *"


@pytest.mark.requirement("R12")
def test_range_allows_what_meets_every_comparator_of_an_alternative():
    wanted = Range(((bound(">=", 1, 0, 0), bound("<", 2, 0, 0)), (bound("=", 3, 0, 0),)))
    allowed = [wanted.allows(Version(*numbers)) for numbers in [(0, 9, 9), (1, 0, 0), (2, 0, 0), (3, 0, 0), (3, 0, 1)]]
    assert allowed == [False, True, False, True, False]


@pytest.mark.requirement("R12")
def test_satisfies_reads_both_texts():
    assert satisfies("1.9.0", "^1.2.0") is True
    assert satisfies("2.0.0", "^1.2.0") is False
    assert satisfies("1.9.0+b", "1.9.0") is True


@pytest.mark.requirement("R13")
def test_prereleases_need_a_comparator_of_the_same_numbers():
    assert satisfies("1.2.3-rc.2", ">=1.2.3-rc.1") is True
    assert satisfies("1.2.4-rc.2", ">=1.2.3-rc.1") is False
    assert satisfies("1.5.0-rc.1", "^1.2.0") is False
    assert satisfies("1.2.3-rc.1", "*") is False


@pytest.mark.requirement("R13")
def test_prereleases_can_be_included():
    wanted = Range(((bound(">=", 1, 2, 0), bound("<", 2, 0, 0, pre=("0",))),))
    assert wanted.allows(Version(1, 5, 0, ("rc",)), include_prereleases=True) is True
    assert wanted.allows(Version(1, 5, 0, ("rc",))) is False
    assert wanted.allows(Version(2, 0, 0, ("rc",)), include_prereleases=True) is False


@pytest.mark.requirement("R14")
def test_best_match_is_the_highest_allowed_version():
    assert best_match(["1.2.0", "1.10.0", "2.0.0", "1.9.0", "1.11.0-rc.1"], "^1.2.0") == "1.10.0"


@pytest.mark.requirement("R14")
def test_oldest_match_is_the_lowest_allowed_version():
    assert oldest_match(["1.10.0", "1.3.0", "1.1.0"], "^1.2.0") == "1.3.0"


@pytest.mark.requirement("R14")
def test_no_match_is_none():
    assert best_match(["1.0.0"], ">2.0.0") is None
    assert oldest_match([], "*") is None


@pytest.mark.requirement("R15")
def test_outdated_names_the_newer_version_in_range():
    assert outdated("1.2.0", "^1.0.0", ["1.2.0", "1.3.0", "1.4.0", "2.0.0"]) == "1.4.0"


@pytest.mark.requirement("R15")
def test_the_newest_version_is_not_outdated():
    assert outdated("1.4.0", "^1.0.0", ["1.3.0", "1.4.0", "2.0.0"]) is None
