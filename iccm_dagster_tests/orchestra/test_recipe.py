"""Files of endpoints: read whole, refused with the value, the place and the remedy."""

import pytest

from iccm_dagster.errors import RecipeError
from iccm_dagster.orchestra.recipe import load_orchestra

GOOD = """
budget_tokens = 1000
[[endpoints]]
name = "deepseek-coder-33b"
url = "http://127.0.0.1:11434/v1"
model = "deepseek-coder:33b-instruct-q4_K_M"
card = "p40"
price_in = 0.5
[endpoints.retry]
attempts = 3
"""


def write(folder, text):
    (folder / "e.toml").write_text(text, encoding="utf-8")
    return str(folder / "e.toml")


def test_no_file_means_no_endpoints():
    assert load_orchestra("").endpoints == ()


def test_a_file_is_read_whole(tmp_path):
    recipe = load_orchestra(write(tmp_path, GOOD))
    (endpoint,) = recipe.endpoints
    assert (endpoint.card, endpoint.retry.attempts, recipe.budget_tokens) == ("p40", 3, 1000)
    assert endpoint.cost(2000, 500) == 1.0, "0.5 for each 1000 tokens of prompt, answers are free"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("http://", "ftp://"), "endpoints.0.url"),
        (("deepseek-coder-33b", "gold"), "gold"),
        (('card = "p40"', 'cart = "p40"'), "endpoints.0.cart"),
        (("attempts = 3", "attempts = 0"), "endpoints.0.retry.attempts"),
        (("[[endpoints]]", "[[endpoints"), "e.toml"),
        (("[endpoints.retry]", '[[endpoints]]\nname = "deepseek-coder-33b"\nurl = "http://h"\nmodel = "m"\n[endpoints.retry]'), "deepseek"),
    ],
    ids=["scheme", "a reader's name", "a slip", "impossible", "no TOML", "twice the same name"],
)  # fmt: skip
def test_a_wrong_file_is_refused_with_the_place(tmp_path, change, said):
    assert change[0] in GOOD
    with pytest.raises(RecipeError, match="(?s)" + said):
        load_orchestra(write(tmp_path, GOOD.replace(*change)))


def test_a_missing_file_is_refused():
    with pytest.raises(RecipeError, match="ICCM_ENDPOINTS"):
        load_orchestra("/nowhere/e.toml")
