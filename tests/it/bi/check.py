"""The tools that read KPI tables, driven as people drive them: `check.py WHAT HOME SQL`, with the contract in HOME.

It ends with what was wrong, or prints what it looked at.
"""

import json
import math
import sys
from pathlib import Path

import duckdb

WHAT, HOME, SQL = sys.argv[1], *map(Path, sys.argv[2:])
CONTRACT = json.loads((HOME / "contract.json").read_text())


def same(one, other, what):
    if one != other:
        sys.exit(f"{what}:\n{one}\nis not\n{other}")


def near(one, other):
    return one is None and other is None or None not in (one, other) and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def views():
    """The views of duckdb.sql, as an analyst has them."""
    connection = duckdb.connect()
    connection.execute(f"set file_search_path = '{HOME}'")
    # glob() and Parquet look from the folder of the process alike.
    connection.execute((SQL / "duckdb.sql").read_text())
    return connection


def published(connection):
    """What the runs published beside the KPI tables, and the inputs."""
    for table in ["items", "debtors", "decisions", "actions"]:
        connection.execute(f"""
            create view {table} as
            select * from read_parquet('output/runs/*/*/{table}/part-*.parquet', union_by_name = true)""")
    for file in Path("input").glob("*.parquet"):
        connection.execute(f"create view in_{file.stem} as from '{file}'")
    connection.execute("""
        create view days as
        with dates as (select distinct as_of_date from kpi_portfolio)
        select dates.as_of_date, former.as_of_date as before
        from dates left join dates as former on former.as_of_date = dates.as_of_date - 30;
        create view billed as from in_invoices where document_type in ('invoice', 'debit_note');
        create view group_keys as
        select debtor_id, coalesce(group_id, case when length(tax_id) = 14 then left(tax_id, 8) end, debtor_id) as group_key
        from in_debtors;
        create view owned as
        select
            items.*,
            case when agency_id is not null then 'agency' when collector is not null then 'collector' else 'none' end as owner_kind,
            coalesce(agency_id, collector, '-') as owner_id
        from items
        join (select invoice_id, debtor_id, installment_no, collector_id from in_invoices) as i
            using (invoice_id, debtor_id, installment_no)
        join (select debtor_id, collector_id as of_debtor from in_debtors) as d using (debtor_id)
        cross join lateral (select coalesce(i.collector_id, of_debtor) as collector)
        left join lateral (
            select min(agency_id) as agency_id from in_placements as p
            where p.debtor_id = items.debtor_id and coalesce(p.invoice_id = items.invoice_id, true)
                and p.placed_on <= as_of_date and coalesce(p.recalled_on > as_of_date, true)) as p on true;
        create view listed as
        select
            l.*, days.as_of_date, i.currency, i.amount,
            not exists (select 1 from items where items.as_of_date = days.as_of_date and items.debtor_id = l.debtor_id
                and items.invoice_id = l.invoice_id and coalesce(l.installment_no = items.installment_no, true)) as is_paid
        from in_listings as l
        join days on l.included_on <= days.as_of_date and coalesce(l.removed_on > days.as_of_date, true)
        join in_invoices as i on i.debtor_id = l.debtor_id and i.invoice_id = l.invoice_id
            and i.installment_no = coalesce(l.installment_no, i.installment_no)""")
    return connection


def marks():
    """The marks of the contract, compared with data."""
    from totals import ALIKE, ELSEWHERE, TIED, WRONG

    con = published(views())
    additive = {(t, c["name"]): c for t, of in CONTRACT.items() for c in of["columns"] if c["additive_within"] is not None}
    tied = set()
    for table, numbers, where, query in TIED:
        names = [name for number in numbers for name in number.split(" + ")]
        within = additive[table, names[0]]["additive_within"]
        sums = ", ".join(f"sum({number})" for number in numbers)
        where = f"where {where}" if where else ""
        found = con.sql(f"select {', '.join([*within, sums])} from {table} {where} group by all").fetchall()
        expected = con.sql(query).fetchall()

        def told(rows):
            rows = [(*row[: len(within)], *(value or 0 for value in row[len(within) :])) for row in rows]
            return sorted((row for row in rows if any(row[len(within) :])), key=str)

        for name in names:
            same(additive[table, name]["additive_within"], within, f"{table}.{name}: within")
            tied.add((table, name))
        if not told(expected):
            sys.exit(f"{table}: nothing is there to compare {numbers} with")
        same(told(found), told(expected), f"{table}: {numbers} within {within}")
    for table, names in ALIKE.items():
        for name, like in names.items():
            if (table, like) not in tied:
                sys.exit(f"{table}.{like} is not tied")
            tied.add((table, name))
    tied.update((table, name) for table, names in ELSEWHERE.items() for name in names)
    same(sorted(tied), sorted(additive), "the additive numbers that are looked at, and those of the contract")
    for summed, true in WRONG:
        if con.sql(summed).fetchall() == con.sql(true).fetchall():
            sys.exit(f"{summed}: adds up after all")
    return len(TIED), ratios(con)


def ratios(con):
    """Ratios, shares and averages, made again of their parts."""
    made = 0
    for table, of in CONTRACT.items():
        for column in of["columns"]:
            name, kind, arguments = column["name"], column["measure"], column["of"]
            if kind == "ratio":
                numerator, denominator = arguments
                other = denominator.partition(".")[0] if "." in denominator else None
                source = f"{table} join {other} using (as_of_date, company_id, currency)" if other else table
                parts = f"{table}.{numerator}" if other else numerator, denominator
                query = f"select {table}.{name}, {parts[0]}, {parts[1]} from {source}"
                rows = con.sql(query).fetchall()
                for value, above, below in rows:
                    has = above is not None and below is not None and below > 0
                    if not near(value, float(above) / float(below) if has else None):
                        sys.exit(f"{table}.{name} is {value} of {above} and {below}")
            elif kind == "share":
                of_all, within = arguments[0], ", ".join(["as_of_date", *arguments[1:]])
                query = f"select {name}, {of_all} / cast(sum({of_all}) over (partition by {within}) as double) from {table}"
                rows = con.sql(query).fetchall()
                same([row for row in rows if not near(*row)], [], f"{table}.{name}")
            elif kind == "average":
                same((table, name), ("kpi_portfolio", "days_past_due_avg"), "the only average")
                rows = con.sql("""
                    with
                        kpis as (
                            select as_of_date, currency, sum(days_past_due_avg * overdue_amount) / sum(overdue_amount) as days
                            from kpi_portfolio where days_past_due_avg is not null group by all),
                        position as (
                            select as_of_date, currency, sum(open_amount * days_past_due) / sum(open_amount) as days
                            from items where days_past_due > 0 group by all)
                    select kpis.days, position.days from kpis full join position using (as_of_date, currency)""").fetchall()
                same([row for row in rows if not near(*row)], [], f"{table}.{name}")
            else:
                continue
            made += len(rows)
    return made


if __name__ == "__main__":
    import os

    os.chdir(HOME)
    print(json.dumps({"marks": marks}[WHAT]()))
