"""Runs the query of every chart of the dashboard by Superset's own API, and compares what it gives with DuckDB: `charts.py BI_DUCKDB`."""

import logging
import math
import sys

import duckdb
from superset.app import create_app

app = create_app()
logging.disable(logging.WARNING)

with app.app_context():
    from superset import db
    from superset.models.dashboard import Dashboard

    boards = db.session.query(Dashboard).all()
    if [board.slug for board in boards] != ["regua"]:
        sys.exit(f"dashboards: {boards}")
    placed = {part["meta"]["chartId"] for part in boards[0].position.values() if isinstance(part, dict) and part["type"] == "CHART"}
    charts = []
    for chart in boards[0].slices:
        expressions = {metric.metric_name: metric.expression for metric in chart.datasource.metrics}
        params = chart.params_dict
        # A chart adds up over currencies unless it tells them apart, or is in one.
        by = [*params.get("groupby", []), *params.get("groupbyRows", [])]
        unit = next((column for column in ["currency", "reporting_currency"] if column in by), None)
        if not unit:
            sys.exit(f"{chart.slice_name} has no currency")
        charts.append((chart.id, chart.slice_name, chart.datasource.table_name, unit, {m: expressions[m] for m in params["metrics"]}))
    if placed != {chart[0] for chart in charts} or len(charts) < 8:
        sys.exit(f"charts: {charts}, of which stand in the dashboard {placed}")

# Closed before Superset opens it: within a process DuckDB has one configuration of a database.
expected = []
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    for _, name, view, unit, metrics in charts:
        for metric, expression in metrics.items():
            if expression.startswith("sum("):
                rows = connection.sql(f"select {unit}, {expression} from {view} group by {unit}").fetchall()
                expected += [(name, metric, unit, currency, value or 0) for currency, value in rows]

client = app.test_client()
told = client.post("/api/v1/security/login", json={"username": "admin", "password": "admin", "provider": "db"}).get_json()
headers = {"Authorization": f"Bearer {told['access_token']}"}
answers = {}
for number, name, _, unit, metrics in charts:
    answer = client.get(f"/api/v1/chart/{number}/data/", headers=headers)
    if answer.status_code != 200 or answer.get_json()["result"][0]["error"]:
        sys.exit(f"{name}: {answer.status_code} {answer.get_json()}")
    answers[name] = answer.get_json()["result"][0]["data"]
    if not answers[name] or not {unit, *metrics} <= set(answers[name][0]):
        sys.exit(f"{name}: {answers[name][:2]}")
for name, metric, unit, currency, value in expected:
    found = sum(row[metric] or 0 for row in answers[name] if row[unit] == currency)
    if not math.isclose(found, value, rel_tol=1e-9, abs_tol=0.001):
        sys.exit(f"{name}: {metric} in {currency} is {found}, and in DuckDB {value}")
print(f"{len(charts)} charts answer, {len(expected)} sums are DuckDB's")
