"""Delta tables as the package `deltalake` reads them, as JSON for tests/it/delta/tables.rs."""

import json
import os
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
from deltalake import DeltaTable, QueryBuilder
from pyarrow.dataset import field


def by_date(table: DeltaTable) -> dict[str, int]:
    days = table.to_pyarrow_table(columns=["as_of_date"]).column(0).to_pylist()
    return {str(day): count for day, count in sorted(Counter(days).items())}


def state(prefix: str, *names: str) -> dict:
    def of(name: str) -> dict:
        table = DeltaTable(f"{prefix}/{name}")
        transaction = table.transaction_version("regua")
        files = len(table.file_uris())
        return {"version": table.version(), "transaction": transaction, "files": files, "rows": by_date(table)}

    return {name: of(name) for name in names}


def at(prefix: str, name: str, version: str) -> dict[str, int]:
    return by_date(DeltaTable(f"{prefix}/{name}", version=int(version)))


def day(prefix: str, name: str, as_of: str) -> dict:
    """The items of a day, and how many files are opened for it."""
    dataset = DeltaTable(f"{prefix}/{name}").to_pyarrow_dataset()
    is_of_day = field("as_of_date") == date.fromisoformat(as_of)
    files = len(list(dataset.get_fragments(filter=is_of_day)))
    rows = dataset.to_table(columns=["invoice_id", "open_amount"], filter=is_of_day).to_pylist()
    return {"files": files, "rows": [[row["invoice_id"], str(row["open_amount"])] for row in rows]}


def rows(prefix: str, name: str, columns: str) -> list[list]:
    table = DeltaTable(f"{prefix}/{name}").to_pyarrow_table(columns=columns.split(","))
    found = [[None if cell is None else str(cell) for cell in row.values()] for row in table.to_pylist()]
    return sorted(found, key=lambda row: row[0])


def history(prefix: str, name: str) -> list[dict]:
    return DeltaTable(f"{prefix}/{name}").history()


def reorder(prefix: str, name: str) -> dict:
    metrics = DeltaTable(f"{prefix}/{name}").optimize.z_order(["invoice_id"])
    return {"added": metrics["numFilesAdded"], "removed": metrics["numFilesRemoved"]}


def where(prefix: str, name: str, condition: str) -> dict:
    """Rows of a condition by pyarrow's dataset, which prunes by what the Delta log says, and by the package's own engine."""
    table = DeltaTable(f"{prefix}/{name}")
    column, _, value = condition.split()
    rows = table.to_pyarrow_dataset().to_table(filter=field(column) > int(value)).num_rows
    engine = QueryBuilder().register("t", table).execute(f"select count(*) as n from t where {condition}").read_all()
    return {"arrow": rows, "engine": engine.column("n")[0].as_py()}


def differences(output: str, prefix: str) -> dict:
    """Rows that are in a Delta table or in the published files, and not in both; the files are found by the log alone."""
    newest: dict[tuple[str, str], str] = {}
    for record in sorted(Path(output, "_log").glob("*.json")):
        record = json.loads(record.read_text())
        for file in record["files"]:
            _, _, _, folder, *rest = file["path"].split("/")
            name = rest[0].removesuffix(".parquet") if folder == "kpi" else folder
            if folder in ("kpi", "items", "debtors"):
                newest[name, record["as_of"]] = f"{output}/{file['path']}"
    found, count = {}, 0
    names = sorted({name for name, _ in newest})
    for name in names:
        files = [path for (of, _), path in newest.items() if of == name]
        db = duckdb.connect()
        db.execute(f"create table published as from read_parquet({files}, union_by_name = true)")
        columns = [column for column, *_ in db.execute("describe published").fetchall()]
        db.register("delta", DeltaTable(f"{prefix}/{name}").to_pyarrow_table(columns=columns))

        def only(one: str, other: str) -> int:
            return db.execute(f"select count(*) from (from {one} except all from {other})").fetchone()[0]

        counts = [only("delta", "published"), only("published", "delta")]
        if any(counts):
            found[name] = counts
        count += db.execute("select count(*) from published").fetchone()[0]
    return {"tables": len(names), "rows": count, "differences": found}


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    print(json.dumps(globals()[command](*arguments), default=str), flush=True)
    # The libraries' threads may abort the process when it ends as usual.
    os._exit(0)
