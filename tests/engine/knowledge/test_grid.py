from engine.knowledge.grid import grid_to_markdown


def test_rows_of_unequal_length_make_a_table_without_empty_columns() -> None:
    assert grid_to_markdown([["A", "", "B"], ["1", "", "x|y", ""], [], ["2"]]) == (
        "| A | B |\n| --- | --- |\n| 1 | x\\|y |\n| 2 |  |"
    )


def test_a_first_row_of_numbers_is_no_header() -> None:
    assert grid_to_markdown([["1", "2"], ["3", "4"]]).startswith(
        "|  |  |\n| --- | --- |\n| 1 | 2 |"
    )


def test_a_sheet_falls_apart_into_its_tables_with_their_captions() -> None:
    rows = [
        ["Rates 2024", ""],
        ["City", "Rate"],
        ["Oslo", "90.0"],
        ["", ""],
        ["Day", "Open"],
        ["2024-05-06 00:00:00", "yes"],
    ]
    assert grid_to_markdown(rows, split=True) == (
        "Rates 2024\n\n| City | Rate |\n| --- | --- |\n| Oslo | 90 |\n\n"
        "| Day | Open |\n| --- | --- |\n| 2024-05-06 | yes |"
    )


def test_one_endless_row_does_not_widen_all_others() -> None:
    text = grid_to_markdown([[str(n) for n in range(100_000)], *[["a"]] * 1000])
    assert len(text) < 5_000_000
