"""What moved between two published dates, by DuckDB: python moved.py OUTPUT THEN NOW."""

import glob
import json
import sys

import duckdb

output, then, now = sys.argv[1:]


def table(name, date):
    records = [json.load(open(path)) for path in sorted(glob.glob(f"{output}/_log/*.json"))]
    record = [r for r in records if r["as_of"] == date][-1]
    return f"'{output}/runs/{date}/{record['run_id']}/{name}/part-00000.parquet'"


def pairs(name, columns, where):
    """Accounts of both dates side by side."""
    side = lambda date: f"(select debtor_id, company_id, currency, {columns} from {table(name, date)} where {where})"
    return f"{side(then)} a full join {side(now)} b using (debtor_id, company_id, currency)"


def rows(sql):
    cursor = duckdb.sql(sql)
    return [dict(zip(cursor.columns, row)) for row in cursor.fetchall()]


def part(name, amount, when):
    return f"count(*) filter ({when}) as {name}, coalesce(sum({amount}) filter ({when}), 0.00)::varchar as {name}_amount"


x, y = "coalesce(a.open_amount, 0)", "coalesce(b.open_amount, 0)"
names = ["then", "new", "grown", "shrunk", "gone", "now"]
parts = [
    part("then_", x, f"{x} <> 0"),
    part("new_", y, f"{x} = 0 and {y} <> 0"),
    part("grown_", f"{y} - {x}", f"{x} <> 0 and {y} <> 0 and {y} > {x}"),
    part("shrunk_", f"{x} - {y}", f"{x} <> 0 and {y} <> 0 and {y} < {x}"),
    part("gone_", x, f"{y} = 0 and {x} <> 0"),
    part("now_", y, f"{y} <> 0"),
]
owed = rows(f"select currency, {', '.join(parts)} from {pairs('debtors', 'open_amount', 'true')} group by 1 order by 1")
decision = "case outcome when 'action' then 'action' else reason end as decision, open_amount"
moves = rows(f"""
    select * from (select currency, coalesce(a.decision, 'absent') as "then", coalesce(b.decision, 'absent') as "now",
        count(*) as accounts, sum(coalesce(b.open_amount, a.open_amount))::varchar as open_amount
    from {pairs('decisions', decision, "reason <> 'duty'")} group by 1, 2, 3)
    order by "then" = "now", accounts desc, currency, "then", "now"
""")
shaped = [
    {"currency": row["currency"]} | {n: {"count": row[f"{n}_"], "amount": row[f"{n}__amount"]} for n in names}
    for row in owed
]
print(json.dumps({"owed": shaped, "moves": moves}))
