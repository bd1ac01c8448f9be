"""DAGs of the tests: one run each, tried at once and three times at most."""

import os
from datetime import timedelta

import pendulum
from airflow.sdk import DAG

from regua_airflow import AS_OF, ReguaInputsSensor, ReguaRunOperator, as_of

HOME = os.environ["REGUA_HOME"]
RUN = {"pipeline": f"{HOME}/pipelines/daily.toml", "as_of": AS_OF, "binary": os.environ["REGUA_BINARY"]}


def dag(name: str) -> DAG:
    return DAG(
        name,
        schedule=None,
        start_date=pendulum.datetime(2026, 1, 1, tz="America/Sao_Paulo"),
        default_args={"retries": 2, "retry_delay": timedelta(0)},
        params={"as_of": None},
        user_defined_macros={"as_of": as_of},
    )


with dag("run"):
    ReguaRunOperator(task_id="run", **RUN)

with dag("limited"):
    ReguaRunOperator(task_id="run", **RUN, execution_timeout=timedelta(seconds=20))

with dag("inputs"):
    ReguaInputsSensor(task_id="inputs", **RUN, poke_interval=1, timeout=120)
