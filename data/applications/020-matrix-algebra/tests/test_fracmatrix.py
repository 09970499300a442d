from fractions import Fraction

import fracmatrix
import pytest
from fracmatrix import Matrix, NoSolution, ShapeError, SingularMatrix

HALF = Fraction(1, 2)
SQUARE = [[2, 1], [5, 3]]
CUBE = [[0, 2, 1], [3, -1, 4], [1, 0, 2]]
WIDE = [[1, 2, 3], [4, 5, 6]]
FLAT = [[1, 2, 3], [2, 4, 6], [1, 1, 1]]


@pytest.mark.requirement("R1")
def test_entries_are_exact():
    assert Matrix([[1, "1/2"], ["-3/6", Fraction(2, 3)]]).row(1) == (-HALF, Fraction(2, 3))


@pytest.mark.requirement("R1")
def test_shape_counts_rows_and_columns():
    assert Matrix(WIDE).shape() == (2, 3)


@pytest.mark.requirement("R1")
def test_rows_and_columns_count_from_zero():
    assert (Matrix(WIDE).row(0), Matrix(WIDE).column(2)) == ((1, 2, 3), (3, 6))


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("index", [-1, 2])
def test_absent_rows_are_refused(index):
    with pytest.raises(IndexError):
        Matrix(WIDE).row(index)


@pytest.mark.requirement("R1")
@pytest.mark.parametrize("index", [-1, 3])
def test_absent_columns_are_refused(index):
    with pytest.raises(IndexError):
        Matrix(WIDE).column(index)


@pytest.mark.requirement("R2")
@pytest.mark.parametrize("rows", [[], [[]], [[1, 2], [3]], [[1], [2, 3]]])
def test_ragged_and_empty_matrices_are_refused(rows):
    with pytest.raises(ShapeError):
        Matrix(rows)


@pytest.mark.requirement("R3")
def test_equality_needs_all_entries():
    assert Matrix(SQUARE).equals(Matrix([["4/2", 1], [5, 3]])) is True
    assert Matrix(SQUARE).equals(Matrix([[2, 1], [5, 4]])) is False
    assert Matrix([[1, 2]]).equals(Matrix([[1], [2]])) is False


@pytest.mark.requirement("R3")
def test_symmetry():
    assert [Matrix(rows).is_symmetric() for rows in ([[1, 7], [7, 2]], SQUARE, WIDE)] == [True, False, False]


@pytest.mark.requirement("R4")
def test_addition_goes_entry_by_entry():
    assert Matrix(WIDE).add(Matrix([[1, 1, 1], [0, -5, "1/2"]])).rows == ((2, 3, 4), (4, 0, 6 + HALF))


@pytest.mark.requirement("R4")
def test_subtraction_goes_entry_by_entry():
    assert Matrix(SQUARE).subtract(Matrix([[1, 1], [1, 9]])).rows == ((1, 0), (4, -6))


@pytest.mark.requirement("R4")
@pytest.mark.parametrize("method", ["add", "subtract"])
@pytest.mark.parametrize("other", [[[1, 2], [3, 4], [5, 6]], [[1], [2]]])
def test_different_shapes_are_neither_added_nor_subtracted(method, other):
    with pytest.raises(ShapeError):
        getattr(Matrix(SQUARE), method)(Matrix(other))


@pytest.mark.requirement("R4")
def test_scaling_multiplies_every_entry():
    assert Matrix(SQUARE).scale("1/2").rows == ((1, HALF), (5 * HALF, 3 * HALF))


@pytest.mark.requirement("R5")
def test_products_combine_rows_with_columns():
    assert Matrix(SQUARE).multiply(Matrix(WIDE)).rows == ((6, 9, 12), (17, 25, 33))


@pytest.mark.requirement("R5")
def test_products_need_fitting_shapes():
    with pytest.raises(ShapeError):
        Matrix(WIDE).multiply(Matrix(SQUARE))


@pytest.mark.requirement("R5")
def test_a_vector_is_mapped():
    assert Matrix(WIDE).apply([1, "1/2", -1]) == (-1, HALF)


@pytest.mark.requirement("R5")
@pytest.mark.parametrize("vector", [[1, 2], [1, 2, 3, 4]])
def test_a_vector_must_have_as_many_numbers_as_columns(vector):
    with pytest.raises(ShapeError):
        Matrix(WIDE).apply(vector)


@pytest.mark.requirement("R6")
@pytest.mark.parametrize(
    ("exponent", "rows"),
    [
        (0, ((1, 0), (0, 1))),
        (1, ((1, 1), (1, 0))),
        (2, ((2, 1), (1, 1))),
        (10, ((89, 55), (55, 34))),
        (-2, ((1, -1), (-1, 2))),
    ],
)
def test_powers(exponent, rows):
    assert Matrix([[1, 1], [1, 0]]).power(exponent).rows == rows


@pytest.mark.requirement("R6")
def test_the_power_zero_needs_no_inverse():
    assert Matrix([[1, 1], [1, 1]]).power(0).rows == ((1, 0), (0, 1))


@pytest.mark.requirement("R6")
def test_only_square_matrices_have_powers():
    with pytest.raises(ShapeError):
        Matrix(WIDE).power(2)


@pytest.mark.requirement("R7")
def test_transposing_exchanges_rows_and_columns():
    assert Matrix(WIDE).transpose().rows == ((1, 4), (2, 5), (3, 6))


@pytest.mark.requirement("R7")
def test_matrices_stand_side_by_side():
    assert Matrix(SQUARE).beside(Matrix([[7], [8]])).rows == ((2, 1, 7), (5, 3, 8))


@pytest.mark.requirement("R7")
def test_side_by_side_needs_as_many_rows():
    with pytest.raises(ShapeError):
        Matrix(SQUARE).beside(Matrix([[7, 8]]))


@pytest.mark.requirement("R7")
def test_a_row_and_a_column_are_left_out():
    assert Matrix(CUBE).without(1, 0).rows == ((2, 1), (0, 2))


@pytest.mark.requirement("R7")
@pytest.mark.parametrize(("row", "column"), [(2, 0), (0, 3)])
def test_only_rows_and_columns_that_exist_are_left_out(row, column):
    with pytest.raises(IndexError):
        Matrix(WIDE).without(row, column)


@pytest.mark.requirement("R8")
@pytest.mark.parametrize(("rows", "value"), [(SQUARE, 1), (CUBE, -3), (FLAT, 0), ([[7]], 7), ([[0, 1], [1, 0]], -1)])
def test_determinants(rows, value):
    assert Matrix(rows).determinant() == value


@pytest.mark.requirement("R8")
def test_the_determinant_of_fractions_is_exact():
    assert Matrix([["1/3", 1], ["1/7", "1/2"]]).determinant() == Fraction(1, 42)


@pytest.mark.requirement("R8")
def test_the_trace_sums_the_diagonal():
    assert Matrix(CUBE).trace() == 1


@pytest.mark.requirement("R8")
@pytest.mark.parametrize("method", ["determinant", "trace"])
def test_only_square_matrices_have_determinant_and_trace(method):
    with pytest.raises(ShapeError):
        getattr(Matrix(WIDE), method)()


@pytest.mark.requirement("R9")
def test_inverses_are_exact():
    assert Matrix(SQUARE).inverse().rows == ((3, -1), (-5, 2))
    assert Matrix([[0, 2], [4, 0]]).inverse().rows == ((0, Fraction(1, 4)), (HALF, 0))


@pytest.mark.requirement("R9")
@pytest.mark.parametrize("rows", [FLAT, [[0]], [[1, 1], [1, 1]]])
def test_singular_matrices_have_no_inverse(rows):
    with pytest.raises(SingularMatrix):
        Matrix(rows).inverse()


@pytest.mark.requirement("R9")
def test_only_square_matrices_have_inverses():
    with pytest.raises(ShapeError):
        Matrix(WIDE).inverse()


@pytest.mark.requirement("R10")
def test_the_adjugate_holds_cofactors():
    assert Matrix(SQUARE).adjugate().rows == ((3, -1), (-5, 2))
    assert Matrix(FLAT).adjugate().rows == ((-2, 1, 0), (4, -2, 0), (-2, 1, 0))


@pytest.mark.requirement("R10")
def test_the_adjugate_of_a_single_entry():
    assert Matrix([[9]]).adjugate().rows == ((1,),)


@pytest.mark.requirement("R10")
@pytest.mark.parametrize("method", ["adjugate", "characteristic"])
def test_only_square_matrices_have_these(method):
    with pytest.raises(ShapeError):
        getattr(Matrix(WIDE), method)()


@pytest.mark.requirement("R10")
def test_the_characteristic_polynomial():
    assert Matrix(SQUARE).characteristic() == [1, -5, 1]
    assert Matrix(CUBE).characteristic() == [1, -1, -9, 3]


@pytest.mark.requirement("R11")
def test_reduction_reaches_leading_ones():
    assert Matrix([[0, 2, 4], [3, 0, 3]]).reduced().rows == ((1, 0, 1), (0, 1, 2))


@pytest.mark.requirement("R11")
def test_reduction_moves_zero_rows_down():
    assert Matrix(FLAT).reduced().rows == ((1, 0, -1), (0, 1, 2), (0, 0, 0))


@pytest.mark.requirement("R11")
def test_pivots_skip_dependent_columns():
    assert Matrix([[0, 1, 2, 3], [0, 2, 4, 7]]).pivots() == [1, 3]


@pytest.mark.requirement("R11")
@pytest.mark.parametrize(("rows", "rank"), [(FLAT, 2), (CUBE, 3), (WIDE, 2), ([[0, 0]], 0)])
def test_rank(rows, rank):
    assert Matrix(rows).rank() == rank


@pytest.mark.requirement("R12")
def test_the_null_space_has_a_vector_for_each_free_column():
    assert Matrix([[1, 2, 0, 3], [0, 0, 1, -1]]).null_space() == ((-2, 1, 0, 0), (-3, 0, 1, 1))


@pytest.mark.requirement("R12")
def test_the_null_space_of_a_regular_matrix_is_empty():
    assert Matrix(CUBE).null_space() == ()


@pytest.mark.requirement("R13")
def test_a_single_solution():
    solution = Matrix(SQUARE).solve([1, "1/2"])
    assert (solution.particular, solution.directions) == ((5 * HALF, -4), ())


@pytest.mark.requirement("R13")
def test_many_solutions():
    solution = Matrix([[0, 1, 2], [0, 2, 4]]).solve([3, 6])
    assert (solution.particular, solution.directions) == ((0, 3, 0), ((1, 0, 0), (0, -2, 1)))


@pytest.mark.requirement("R13")
def test_contradictions_have_no_solution():
    with pytest.raises(NoSolution):
        Matrix(FLAT).solve([1, 3, 0])


@pytest.mark.requirement("R13")
def test_the_right_side_must_fit():
    with pytest.raises(ShapeError):
        Matrix(WIDE).solve([1, 2, 3])


@pytest.mark.requirement("R14")
def test_the_identity_has_ones_on_its_diagonal():
    assert fracmatrix.identity(2).rows == ((1, 0), (0, 1))


@pytest.mark.requirement("R14")
def test_an_identity_of_no_size_is_refused():
    with pytest.raises(ShapeError):
        fracmatrix.identity(0)


@pytest.mark.requirement("R14")
def test_a_diagonal_matrix():
    assert fracmatrix.diagonal([3, "1/2"]).rows == ((3, 0), (0, HALF))
