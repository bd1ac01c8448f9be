"""The KPI tables of one run, by what its commit record names: all of one date, in files that never change.

    from pyarrow import fs, parquet
    store, output = fs.FileSystem.from_uri("s3://bucket/output")
    record, files = newest(store, output)
    aging = parquet.read_table(files["kpi_aging"], filesystem=store)     # or Polars, DuckDB, DataFusion: these are paths
"""

import json

from pyarrow.fs import FileSelector


def newest(store, output, as_of=None):
    """The record of the newest date that decided, or of `as_of`, and the path of each table."""
    names = [found.path for found in store.get_file_info(FileSelector(f"{output}/_log"))]
    for name in sorted(names, reverse=True):
        with store.open_input_file(name) as file:
            record = json.loads(file.read())
        if record["format_version"] != 1:
            raise ValueError(f"{name}: format_version {record['format_version']} is not known here")
        if record["as_of"] == as_of if as_of else record["kind"] != "kpi_only":
            return record, {table(file["path"]): f"{output}/{file['path']}" for file in record["files"] if is_kpi(file["path"])}
    raise LookupError(f"{output}: no such date is published")


def is_kpi(path):
    return path.split("/")[-2] == "kpi" and path.endswith(".parquet")


def table(path):
    return path.split("/")[-1].removesuffix(".parquet")
