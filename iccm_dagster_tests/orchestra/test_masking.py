from iccm_dagster.orchestra.masking import mask_names, own_names

CODE = '''@cached
def parse_price(text: str) -> int:
    """Read a price."""
    # cents, not euros
    amount = float(text.strip("EUR "))
    if amount < 0:
        raise ValueError("negative price")
    return round(amount * 100)
'''


def test_the_applications_own_names_are_hidden_and_the_rest_is_kept():
    masked = mask_names(CODE, own_names([CODE]))
    assert "parse_price" not in masked
    assert "amount" not in masked
    for kept in ("float", "strip", '"EUR "', "ValueError", '"negative price"', "100", "cached"):
        assert kept in masked


def test_comments_and_docstrings_are_gone():
    masked = mask_names(CODE, own_names([CODE]))
    assert "cents" not in masked
    assert "Read a price" not in masked


def test_one_name_has_one_mask():
    masked = mask_names("def f(a):\n    return a + a\n", {"f", "a"})
    assert masked.split() == ["def", "name1", "(", "name2", ")", ":", "return", "name2", "+", "name2"]


def test_parameters_attributes_and_keywords_are_own_names():
    names = own_names(["class A:\n    def m(self, x):\n        self.y = x\n        g(z=1)\n        for w in x: pass\n"])
    assert {"A", "m", "self", "x", "y", "z", "w"} <= names
    assert "g" not in names


def test_an_indented_method_is_read_too():
    assert "return" in mask_names("    def m(self):\n        return 1\n", {"m", "self"})
