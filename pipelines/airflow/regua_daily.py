"""The daily run of Régua in Airflow: copy it beside regua_airflow.py, and set what README.md names.

    inputs ──► plan ──► [approve] ──► run ──► report, gateway
"""

import os
from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Asset, Param, chain

from regua_airflow import AS_OF, ReguaInputsSensor, ReguaOperator, ReguaPlanOperator, ReguaRunOperator, as_of

ZONE = "America/Sao_Paulo"  # that of [pipeline].time_zone
HOME = os.environ.get("REGUA_HOME", "/opt/regua")
BINARY = os.environ.get("REGUA_BINARY", "regua")
OUTPUT = os.environ.get("REGUA_OUTPUT", f"{HOME}/output")  # shipped pipelines read it too
URI = OUTPUT if "://" in OUTPUT else f"file://{OUTPUT}"
TABLES = ("kpi_portfolio", "kpi_aging", "kpi_actions")
RUN = {"pipeline": f"{HOME}/pipelines/daily.toml", "as_of": AS_OF, "binary": BINARY}

with DAG(
    "regua_daily",
    schedule="0 6 * * 1-5",
    start_date=pendulum.datetime(2026, 1, 1, tz=ZONE),
    catchup=False,  # after an outage only the newest date writes to debtors
    max_active_runs=1,  # two dates of one output side by side end with 75 (a backfill counts apart: README.md)
    default_args={"retries": 3, "retry_delay": timedelta(minutes=5)},
    params={"as_of": Param(None, type=["null", "string"], format="date"), "kpi_only": Param(False, type="boolean")},
    user_defined_macros={"as_of": as_of},
):
    inputs = ReguaInputsSensor(task_id="inputs", **RUN, poke_interval=300, timeout=6 * 3600)
    plan = ReguaPlanOperator(task_id="plan", **RUN)
    outlets = [Asset(name="regua_log", uri=f"{URI}/_log")]
    outlets += [Asset(name=f"regua_{table}", uri=f"{URI}/kpi/{table}") for table in TABLES]
    run = ReguaRunOperator(task_id="run", **RUN, outlets=outlets)
    page = f"{HOME}/reports/regua-{AS_OF}.html"
    report = ReguaOperator(
        task_id="report", command=[BINARY, "report", OUTPUT, "--as-of", AS_OF, "--file", page, "--output", "json"]
    )
    # The reference gateway, which sends nothing: put yours here. It begins once it sees the record of this very run.
    consumer = f"python {HOME}/pipelines/gateway/consumer.py run --published {OUTPUT} --ledger {HOME}/gateway.sqlite"
    files = f"--contact-log {HOME}/input/contact_log_gateway.parquet --calls {HOME}/calls.jsonl"
    seq, now = "{{ ti.xcom_pull('run')['seq'] }}", "{{ ti.start_date.strftime('%Y-%m-%dT%H:%M:%SZ') }}"
    command = [*consumer.split(), *files.split(), "--seq", seq, "--now", now]
    gateway = ReguaOperator(task_id="gateway", command=command)

    before_run = [plan]
    if os.environ.get("REGUA_APPROVE"):
        from airflow.providers.standard.operators.hitl import ApprovalOperator

        figures = "{{ ti.xcom_pull('plan') | tojson(indent=2) }}"
        subject = f"Régua {AS_OF}: " + "{{ ti.xcom_pull('plan')['counts'].get('actions', 0) }} actions"
        before_run.append(ApprovalOperator(task_id="approve", subject=subject, body=f"```\n{figures}\n```"))
    chain(inputs, *before_run, run, [report, gateway])
