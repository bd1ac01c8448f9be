"""The tools that read KPI tables, driven as people drive them: `check.py WHAT HOME SQL`, with the contract in HOME.

It ends with what was wrong, or prints what it looked at.
"""

import json
import logging
import math
import os
import sys
from pathlib import Path

import duckdb

WHAT, HOME, SQL = sys.argv[1], *(Path(folder).resolve() for folder in sys.argv[2:])
CONTRACT = json.loads((HOME / "contract.json").read_text())


def same(one, other, what):
    if one != other:
        sys.exit(f"{what}:\n{one}\nis not\n{other}")


def near(one, other):
    return one is None and other is None or None not in (one, other) and math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)


def views_of_duckdb():
    """The views of duckdb.sql, as an analyst has them."""
    connection = duckdb.connect()
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

    con = published(VIEWS)
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


def sums_of(table):
    """What is asked of each tool: SQL of the rows and every number, by date."""
    numbers = [c["name"] for c in CONTRACT[table]["columns"] if c["type"] not in ("varchar", "date", "boolean")]
    return numbers, f"select as_of_date, count(*), {', '.join(f'sum({name})' for name in numbers)} from {table} group by as_of_date"


def summed(table, rows):
    """The same of Python's own values, row by row."""
    numbers, _ = sums_of(table)
    dates = {}
    for row in rows:
        sums = dates.setdefault(row["as_of_date"], [0, *[None] * len(numbers)])
        sums[0] += 1
        for at, name in enumerate(numbers, 1):
            if (value := row[name]) is not None and value == value:
                sums[at] = value if sums[at] is None else sums[at] + value
    return dates


def compared(table, tool, found):
    expected = {row[0]: row[1:] for row in VIEWS.sql(sums_of(table)[1]).fetchall()}
    same(sorted(found), sorted(expected), f"{table} in {tool}: dates")
    for date, sums in found.items():
        for one, other in zip(sums, expected[date], strict=True):
            if not (one == other or isinstance(one, float) and near(one, other)):
                sys.exit(f"{table} in {tool}: {date}: {sums} is not {expected[date]}")


def tools():
    """Polars, pyarrow, pandas and DataFusion open `kpi/` and `kpi_current/`: types, and sums beside DuckDB's."""
    import datafusion
    import pandas
    import polars
    import pyarrow as pa
    import pyarrow.dataset

    arrow = {"varchar": pa.string(), "bigint": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(), "date": pa.date32(),
             "decimal(18, 2)": pa.decimal128(18, 2), "decimal(18, 8)": pa.decimal128(18, 8)}
    of_polars = {"varchar": polars.String, "bigint": polars.Int64, "double": polars.Float64, "boolean": polars.Boolean,
                 "date": polars.Date, "decimal(18, 2)": polars.Decimal(18, 2), "decimal(18, 8)": polars.Decimal(18, 8)}
    of_duckdb = {"bigint": "BIGINT", "decimal(18, 2)": "DECIMAL(18,2)", "decimal(18, 8)": "DECIMAL(18,8)"}
    context = datafusion.SessionContext()
    # What the page says to write, as it stands there.
    lines = [line.strip() for line in (SQL / "README.md").read_text().splitlines() if line.startswith("    ")]
    written = [line for line in lines if line.split(".")[0] in ("polars", "pyarrow", "pandas", "context")]
    for line in written:
        eval(line, {"polars": polars, "pyarrow": pa, "pandas": pandas, "context": datafusion.SessionContext()})
    same(len(written), 4, "lines of the page")
    for table, of in CONTRACT.items():
        types = [(c["name"], c["type"]) for c in of["columns"]]
        described = [row[:2] for row in VIEWS.sql(f"describe {table}").fetchall()]
        same(described, [(n, of_duckdb.get(t, t.upper())) for n, t in types], f"{table} in DuckDB")
        wanted = pa.schema([(n, arrow[t]) for n, t in types])

        every = f"output/kpi/{table}"
        dataset = pyarrow.dataset.dataset(every, partitioning=None).to_table()
        same((dataset.schema.names, dataset.schema.types), (wanted.names, wanted.types), f"{table} in pyarrow")
        compared(table, "pyarrow", summed(table, dataset.to_pylist()))

        frame = polars.scan_parquet(f"{every}/*/*.parquet", hive_partitioning=False).collect()
        same(dict(frame.schema), {n: of_polars[t] for n, t in types}, f"{table} in Polars")
        compared(table, "Polars", summed(table, frame.to_dicts()))

        context.register_parquet(table, every, file_extension=".parquet")
        schema = context.table(table).schema()
        plain = [f.type if f.type != pa.string_view() else pa.string() for f in schema]
        same((schema.names, plain), (wanted.names, wanted.types), f"{table} in DataFusion")
        rows = [row for batch in context.sql(sums_of(table)[1]).collect() for row in zip(*batch.to_pydict().values(), strict=True)]
        compared(table, "DataFusion", {row[0]: [*row[1:]] for row in rows})

        current = pandas.read_parquet(f"output/kpi_current/{table}.parquet", dtype_backend="pyarrow")
        same([str(t.pyarrow_dtype) for t in current.dtypes], [str(t) for t in wanted.types], f"{table} in pandas")
        now = VIEWS.sql(f"from {table}_now").fetchall()
        rows = current.astype(object).where(current.notna(), None).itertuples(index=False, name=None)
        same(sorted(rows, key=str), sorted(now, key=str), f"{table}_now and kpi_current")
    return len(CONTRACT)


def views():
    """The tables and views of trino.sql and athena.sql, in DuckDB's words, beside those of duckdb.sql."""
    import sqlglot

    made = 0
    for dialect in ["trino", "athena"]:
        other = duckdb.connect()
        logging.disable()  # What is no query it keeps as it stands, and says so.
        statements = sqlglot.parse((SQL / f"{dialect}.sql").read_text(), read=dialect)
        for statement in [s for s in statements if isinstance(s, sqlglot.exp.Create) and s.kind == "TABLE"]:
            table = statement.this.this.name
            columns = [(c.name, c.kind.sql("trino").lower()) for c in statement.this.expressions if c.name != "dt"]
            same(columns, [(c["name"], c["type"]) for c in CONTRACT[table]["columns"]], f"{table} in {dialect}")
            place = statement.find(sqlglot.exp.FileFormatProperty) and statement.sql(dialect)
            if f"s3://bucket/output/kpi/{table}" not in place:
                sys.exit(f"{table} in {dialect}: {place}")
            files = f"'output/kpi/{table}/dt=*/*.parquet'"
            other.execute(f"""
                create view {table} as
                from read_parquet({files}, hive_partitioning = true, hive_types = {{'dt': varchar}}, union_by_name = true);
                create view "{table}$partitions" as
                select regexp_extract(file, 'dt=([^/]+)', 1) as dt from glob({files})""")
        for statement in [s for s in statements if isinstance(s, sqlglot.exp.Create) and s.kind == "VIEW"]:
            view = statement.this.name
            other.execute(statement.sql("duckdb"))
            of_other, own = other.sql(f"from {view}"), VIEWS.sql(f"from {view}")
            same((of_other.columns, of_other.types), (own.columns, own.types), f"{view} in {dialect}")
            same(sorted(of_other.fetchall(), key=str), sorted(own.fetchall(), key=str), f"{view} in {dialect}")
            made += 1
    same(VIEWS.sql("select sum(reporting_amount) from regua_aging").fetchall(), VIEWS.sql("""
        select sum(open_amount * cast(fx_rate as decimal(18, 8))) from kpi_aging_now""").fetchall(), "regua_aging")
    trend = VIEWS.sql("select currency, month, closing_amount, cei, delinquency_rate from regua_trend").fetchall()
    for currency, month, closing, cei, rate in trend:
        rows = VIEWS.execute("""
            select closing_amount, closing_overdue_amount, collected_amount + written_off_amount,
                opening_amount + billed_amount - credited_amount - closing_amount + closing_overdue_amount
            from kpi_collection_effectiveness_now where currency = ? and month = ?""", [currency, month]).fetchall()
        collectable = [row[2:] for row in rows if row[3] > 0]
        of_parts = 100 * float(sum(c for c, _ in collectable)) / float(sum(o for _, o in collectable)) if collectable else None
        same(closing, sum(row[0] for row in rows), f"regua_trend: {currency} {month}")
        if not near(cei, of_parts) or closing and not near(rate, float(sum(row[1] for row in rows)) / float(closing)):
            sys.exit(f"regua_trend: {currency} {month}: {cei}, {rate}")
    return made, len(trend)


def bundle():
    """The datasets of the Superset bundle have the columns of their views, their metrics run, and the charts name nothing else."""
    import yaml

    def files(kind):
        return [yaml.safe_load(file.read_text()) for file in sorted((SQL / "superset").glob(f"{kind}/**/*.yaml"))]

    known = {}
    for dataset in files("datasets"):
        view = dataset["table_name"]
        described = [row[:2] for row in VIEWS.sql(f"describe {view}").fetchall()]
        same([(c["column_name"], c["type"]) for c in dataset["columns"]], described, f"{view} in Superset")
        for metric in dataset["metrics"]:
            VIEWS.sql(f"select {metric['expression']} from {view}").fetchall()
        known[dataset["uuid"]] = {c["column_name"] for c in dataset["columns"]} | {m["metric_name"] for m in dataset["metrics"]}
    charts = files("charts")
    for chart in charts:
        query = json.loads(chart["query_context"])["queries"][0]
        named = [c if isinstance(c, str) else c["sqlExpression"] for c in query["columns"]] + query["metrics"]
        same(set(named) - known[chart["dataset_uuid"]], set(), f"{chart['slice_name']}: unknown names")
        if not {"currency", "reporting_currency"} & set(named):
            sys.exit(f"{chart['slice_name']} adds up over currencies")
    return len(charts)


def other_days():
    """A newest date without rows, and an older one without a column."""
    import shutil
    import tempfile

    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree("output/kpi", f"{folder}/output/kpi")
        os.chdir(folder)
        newest = max(Path("output/kpi/kpi_listings").iterdir())
        rows = pq.read_table(newest / "part-00000.parquet")
        later = newest.with_name("dt=2026-07-02")
        later.mkdir()
        pq.write_table(rows.slice(0, 0), later / "part-00000.parquet")
        first = min(Path("output/kpi/kpi_portfolio").iterdir()) / "part-00000.parquet"
        pq.write_table(pq.read_table(first, partitioning=None).drop_columns(["overdue_debtors"]), first)
        con = views_of_duckdb()
        same(con.sql("select count(*) from kpi_listings_now").fetchall(), [(0,)], "nothing is listed now")
        known = con.sql("select as_of_date, count(overdue_debtors) > 0 from kpi_portfolio group by all order by all").fetchall()
        same([known for _, known in known], [False, True, True], "a column that came later")
        os.chdir(HOME)
    return rows.num_rows


def replaced():
    """Reads while a run replaces a date on S3: each is of one revision, whole; until standard input ends, and a hundred at least."""
    import io
    import itertools
    import threading

    import boto3
    import datafusion
    import polars
    import pyarrow.dataset
    import pyarrow.fs
    import pyarrow.parquet as pq
    from datafusion.object_store import AmazonS3

    sys.path.insert(0, str(SQL))
    import kpi_files

    endpoint = os.environ["AWS_ENDPOINT_URL"]
    client = boto3.client("s3")
    store = pyarrow.fs.S3FileSystem(endpoint_override=endpoint.removeprefix("http://"), scheme="http")
    options = {"aws_endpoint_url": endpoint, "aws_allow_http": "true", "aws_region": "us-east-1",
               "aws_access_key_id": "test", "aws_secret_access_key": "test"}
    table, other = "kpi_aging", "kpi_ecl"
    copies = [f"out/kpi/{table}/dt=2026-06-30/part-00000.parquet", f"out/kpi_current/{table}.parquet"]

    def rows(found):
        return sorted(found, key=str)

    def whole(key):
        body = client.get_object(Bucket="regua", Key=key)["Body"].read()
        return rows(pq.read_table(io.BytesIO(body)).to_pylist())

    def by_record(_):
        """Two tables of one run."""
        _, files = kpi_files.newest(store, "regua/out")
        frames = [polars.read_parquet(f"s3://{files[name]}", storage_options=options) for name in (table, other)]
        return tuple(rows(frame.to_dicts()) for frame in frames)

    def of_polars(key):
        return rows(polars.read_parquet(f"s3://regua/{key}", storage_options=options).to_dicts())

    def of_pyarrow(key):
        return rows(pyarrow.dataset.dataset(f"regua/{key}", filesystem=store, partitioning=None).to_table().to_pylist())

    def of_datafusion(key):
        context = datafusion.SessionContext()
        bucket = AmazonS3(bucket_name="regua", region="us-east-1", access_key_id="test", secret_access_key="test",
                          endpoint=endpoint, allow_http=True)
        context.register_object_store("s3://", bucket, None)
        return rows(row for batch in context.read_parquet(f"s3://regua/{key}").collect() for row in batch.to_pylist())

    over = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
    safe, ranged = [], []
    turns = itertools.cycle([whole, by_record, of_polars, whole, by_record, of_pyarrow, whole, by_record, of_datafusion])
    last = None
    for number, read in enumerate(turns):
        into = ranged if read in (of_polars, of_pyarrow, of_datafusion) else safe
        try:
            into.append((read, read(copies[number % 2])))
        except BaseException as error:  # DataFusion panics where a body is shorter than it was told.
            if into is safe:
                raise
            into.append((read, error))
        if number == 8:
            print("reading", flush=True)
        # Every way once more after the end.
        if over.is_set():
            last = last or number
            if len(safe) >= 100 and number >= last + 9:
                break

    runs = [{}, {}]
    for revision, name in itertools.product([0, 1], [table, other]):
        record = json.loads(client.get_object(Bucket="regua", Key=f"out/_log/{revision + 1:020}.json")["Body"].read())
        same(record["revision"], revision, "the record")
        path = next(f["path"] for f in record["files"] if f["path"].endswith(f"kpi/{name}.parquet"))
        runs[revision][name] = whole(f"out/{path}")
    for name in (table, other):
        if runs[0][name] == runs[1][name]:
            sys.exit(f"the revision did not change {name}")

    def revision_of(read, found):
        of_run = [(run[table], run[other]) if read is by_record else run[table] for run in runs]
        return of_run.index(found) if found in of_run else None

    seen = [revision_of(*reading) for reading in safe]
    if None in seen:
        sys.exit(f"a read of no revision: {safe[seen.index(None)]}")
    # Tools that ask for parts of an object: what was under way while it was replaced is of no use.
    failed = [found for found in ((revision_of(*reading), reading) for reading in ranged) if found[0] is None]
    same([revision for revision, _ in failed[2:]], [], "reads by parts that failed, beyond two")
    return {"before": seen.count(0), "after": seen.count(1), "by_parts": len(ranged), "failed": len(failed)}


if __name__ == "__main__":
    os.chdir(HOME)
    VIEWS = views_of_duckdb()
    print(json.dumps({"marks": marks, "tools": tools, "views": views, "bundle": bundle, "other_days": other_days, "replaced": replaced}[WHAT]()))
