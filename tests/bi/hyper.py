"""Runs what the page says of Tableau's Hyper API as it stands there, for every table, and compares sums with DuckDB: `hyper.py README`."""

import re
import sys
import textwrap
from pathlib import Path

import duckdb

page = Path(sys.argv[1]).read_text()
code = textwrap.dedent(re.search(r"(?:^    .*\n)*?^    from tableauhyperapi.*\n(?:^    .*\n)+", page, re.MULTILINE).group())
names = sorted(file.stem for file in Path("output/kpi_current").glob("*.parquet"))
code = code.replace('["kpi_aging", "kpi_portfolio"]', repr(names))
exec(code, globals())

compared = 0
with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU) as hyper, Connection(hyper.endpoint, "regua.hyper") as connection:  # noqa: F821
    for name in names:
        described = duckdb.sql(f"describe from 'output/kpi_current/{name}.parquet'").fetchall()
        amounts = [column for column, kind, *_ in described if kind == "DECIMAL(18,2)"]
        sums = ", ".join(["count(*)", *(f"sum({amount})" for amount in amounts)])
        found = connection.execute_list_query(f"select {sums} from {name}")
        expected = duckdb.sql(f"select {sums} from 'output/kpi_current/{name}.parquet'").fetchall()
        if [tuple(row) for row in found] != expected:
            sys.exit(f"{name}: {found} is not {expected}")
        compared += len(found[0])
print(f"{len(names)} tables in Hyper, {compared} sums are DuckDB's")
