from fractions import Fraction

import matrixtext
import pytest
from fracmatrix import Matrix, ShapeError
from matrixtext import MatrixSyntaxError


@pytest.mark.requirement("R15")
@pytest.mark.parametrize("text", ["1 -1/2\n+3 4", "1, -1/2; 3,4", "\n1 -2/4\n\n3 4\n"])
def test_rows_are_read(text):
    assert matrixtext.parse_matrix(text).rows == ((1, Fraction(-1, 2)), (3, 4))


@pytest.mark.requirement("R15")
@pytest.mark.parametrize("text", ["1 x", "1.5", "1/0", "1/-2", "- 1"])
def test_other_entries_are_refused(text):
    with pytest.raises(MatrixSyntaxError):
        matrixtext.parse_matrix(text)


@pytest.mark.requirement("R15")
@pytest.mark.parametrize("text", ["", "1 2; 3"])
def test_texts_without_a_shape_are_refused(text):
    with pytest.raises(ShapeError):
        matrixtext.parse_matrix(text)


@pytest.mark.requirement("R16")
def test_columns_are_aligned():
    assert matrixtext.format_matrix(Matrix([[1, "-1/2"], [100, 4]])) == "  1 -1/2\n100    4\n"


@pytest.mark.requirement("R16")
def test_a_single_entry_is_written():
    assert matrixtext.format_matrix(Matrix([["6/4"]])) == "3/2\n"


@pytest.mark.requirement("R17")
def test_equations_are_read():
    names, matrix, right = matrixtext.parse_system("2x - 1/2 y = 3\n\ny + x = 0\n")
    assert (names, matrix.rows, right) == (["x", "y"], ((2, Fraction(-1, 2)), (1, 1)), [3, 0])


@pytest.mark.requirement("R17")
def test_terms_on_both_sides_are_collected():
    names, matrix, right = matrixtext.parse_system("3*a + 2 - b2 = 5 - a + a - 2a\nb2 = 1")
    assert (names, matrix.rows, right) == (["a", "b2"], ((5, -1), (0, 1)), [3, 1])


@pytest.mark.requirement("R17")
@pytest.mark.parametrize("text", ["x + y", "x = 1 = y", "x + = 1", "= 1", "x*y = 2", "2 = 2", "", "x = 1/0"])
def test_other_texts_are_no_equations(text):
    with pytest.raises(MatrixSyntaxError):
        matrixtext.parse_system(text)
