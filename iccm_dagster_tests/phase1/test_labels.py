"""Labels of one application: gold, the seed's heuristic, and hard negatives."""

import pandas as pd
import pytest

from iccm_dagster.applications.requirements import Kind, Requirement
from iccm_dagster.applications.sections import extract_sections
from iccm_dagster.applications.traceability import SectionSpan, Traceability
from iccm_dagster.encoders import BUNDLED, load_encoder
from iccm_dagster.phase1.labels import COLUMNS, Lookalikes, heuristic_agreement, label_application
from iccm_dagster.phase1.recipe import RetrieverRecipe

SOURCE = """
class Basket:
    def add_item(self, name, price):
        self.items.append((name, _checked(price)))

    def remove_item(self, name):
        self.items = [item for item in self.items if item[0] != name]

    def total_price(self):
        return sum(price for _, price in self.items)

def _checked(price):
    if price < 0:
        raise ValueError(price)
    return price

def total_price_copy(self):
    return sum(price for _, price in self.items)

def print_receipt(basket):
    for name, price in basket.items:
        print(name, price)
"""
RECIPE = RetrieverRecipe()


def requirement(id: str, text: str, *paraphrases: str, derived: bool = False) -> Requirement:
    return Requirement(id=id, kind=Kind.FUNCTIONAL, text=text, paraphrases=paraphrases, derived=derived)


REQUIREMENTS = (
    requirement(
        "R1", "Adding an item keeps its name and price.", "An article goes into the basket together with what it costs."
    ),
    requirement("R2", "The total price is the sum of the prices of all items."),
)
TRACE = Traceability(
    sections={
        "R1": (SectionSpan(section="shop.Basket.add_item", first_line=None, last_line=None),),
        "R2": (SectionSpan(section="shop.Basket.total_price", first_line=9, last_line=9),),
    },
    tests={},
)


@pytest.fixture(scope="module")
def encoder():
    return load_encoder(BUNDLED, projection=None, max_tokens=64)


@pytest.fixture(scope="module")
def sections():
    return extract_sections({"shop.py": SOURCE})


@pytest.fixture(scope="module")
def labels(encoder, sections):
    return label_application(sections, REQUIREMENTS, TRACE, encoder, recipe=RECIPE)


def test_each_text_has_a_row_with_the_gold_of_its_requirement(labels):
    assert list(labels.columns) == COLUMNS
    assert list(zip(labels["requirement_id"], labels["variant"], strict=True)) == [
        ("R1", "gold"),
        ("R1", "paraphrase-1"),
        ("R2", "gold"),
    ]
    assert labels["relevant"].tolist() == [["shop.Basket.add_item"]] * 2 + [["shop.Basket.total_price"]]
    assert labels["provenance"].str.startswith("relevant: traceability").all()


def test_negatives_are_never_what_is_relevant_comes_along_encloses_or_copies_it(labels):
    """add_item calls _checked and constructs Basket; total_price has a copy under another name."""
    first, _, last = labels["negatives"]
    assert not {"shop.Basket.add_item", "shop._checked", "shop.Basket"} & set(first)
    assert not {"shop.Basket.total_price", "shop.total_price_copy", "shop.Basket"} & set(last)
    assert len(first) == RECIPE.negatives


def test_lookalikes_are_as_described(sections):
    close = Lookalikes(sections).of(["shop.Basket.total_price"])
    assert close == {"shop.Basket.total_price", "shop.Basket", "shop.total_price_copy"}


def test_the_heuristic_takes_similar_names_first(labels):
    assert labels["heuristic"].iloc[2][0] in ("shop.Basket.total_price", "shop.total_price_copy")
    assert labels["heuristic"].str.len().max() <= RECIPE.max_relevant


def test_a_threshold_nothing_reaches_gives_no_heuristic_label(encoder, sections):
    labels = label_application(sections, REQUIREMENTS, TRACE, encoder, recipe=RetrieverRecipe(heuristic_threshold=1.0))
    assert labels["heuristic"].str.len().tolist() == [0, 0, 0]
    assert heuristic_agreement(labels) == {"precision": None, "recall": 0.0, "texts": 3}


def test_agreement_is_counted_by_hand():
    """Two of three guesses are gold, two of four gold sections are found; a text without gold is not compared."""
    labels = pd.DataFrame({"relevant": [["a", "b", "c"], ["d"], []], "heuristic": [["a", "x"], ["d"], ["y"]]})
    assert heuristic_agreement(labels) == {"precision": 2 / 3, "recall": 2 / 4, "texts": 2}
    assert heuristic_agreement(labels.iloc[2:]) == {"precision": None, "recall": None, "texts": 0}


def test_without_traceability_there_is_no_gold_and_it_is_said(encoder, sections):
    derived = (requirement("R1", "Return the sum of all prices.", derived=True),)
    labels = label_application(sections, derived, None, encoder, recipe=RECIPE)
    assert labels["variant"].tolist() == ["derived"]
    assert labels["relevant"].tolist() == [[]]
    assert labels["provenance"].str.startswith("relevant: none").all()
    assert not set(labels["heuristic"].iloc[0]) & set(labels["negatives"].iloc[0])


def test_one_section_and_two_thousand_words(encoder):
    """Nothing is left to be a negative, and a long text is cut, not refused."""
    labels = label_application(
        extract_sections({"shop.py": "def total(prices):\n    return sum(prices)\n"}),
        (requirement("R1", "price " * 2000),),
        None,
        encoder,
        recipe=RECIPE,
    )
    assert labels["negatives"].tolist() in ([[]], [["shop.total"]])


def test_nothing_to_label_is_an_empty_table(encoder, sections):
    assert label_application(sections, (), TRACE, encoder, recipe=RECIPE).columns.tolist() == COLUMNS
    assert label_application((), REQUIREMENTS, TRACE, encoder, recipe=RECIPE).empty
