import pytest

from kaiseki.cells import column


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (["0.20733678086619264", "0.1"], ["0.2073", "0.1000"]),
        (["1", "20", "300"], ["1", "20", "300"]),
        (["-0.0", "0.25"], ["0.00", "0.25"]),
        (["item-1", "0.123456789"], ["item-1", "0.123456789"]),
        (["", "2.50"], ["", "2.5"]),
        (["1.5e400", "0.12345678"], ["1.5e400", "0.12345678"]),
        (["-0.00001", "0.5", "12.25"], ["-0.00001", "0.50000", "12.25000"]),
    ],
)
def test_numbers_of_a_column_get_decimals_of_one_length(cells, shown):
    assert column(cells) == shown


def test_long_text_is_cut_with_a_sign_that_it_was():
    (cell,) = column(["x" * 500])
    assert len(cell) < 300
    assert cell.endswith("…")
