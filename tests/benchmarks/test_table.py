from benchmarks.table import Table


def test_columns_line_up_and_what_was_not_measured_is_a_dash(capsys):
    table = Table({"name": ("name", ">5"), "seconds": ("s", ">7.2f")})
    table.print_header()
    table.print_row({"name": "a", "seconds": 1.234, "more": 1})
    table.print_row({"name": "b", "seconds": None})
    assert capsys.readouterr().out == "   name        s\n      a     1.23\n      b        -\n"
    assert table.fields == ("name", "seconds")
