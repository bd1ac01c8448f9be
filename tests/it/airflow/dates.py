"""The dates of runs by the module and a DAG of its own, without a run: a JSON case a line in, the answer a line out."""

import json
import sys
from datetime import datetime
from importlib.util import find_spec
from types import SimpleNamespace

import pendulum
from airflow.sdk import DAG
from airflow.serialization.encoders import coerce_to_core_timetable
from regua_airflow import AS_OF, ReguaPlanOperator, ReguaRunOperator, as_of


def answer(schedule: str | None, zone: str, moment: str, kind: str, conf: dict) -> str:
    """As Airflow renders the date, and what backfills and confs add to the command."""
    start = pendulum.datetime(2026, 1, 1, tz=zone)
    macros = {"as_of": as_of}
    with DAG("dates", schedule=schedule, start_date=start, user_defined_macros=macros) as dag:
        operators = [make(task_id=make.verb, pipeline="p") for make in (ReguaRunOperator, ReguaPlanOperator)]
    at = pendulum.instance(datetime.fromisoformat(moment))
    # A backfill's run_after is when it was asked for.
    run_after = pendulum.datetime(2027, 1, 1) if kind == "backfill" else at
    context = {"params": conf, "dag": dag, "dag_run": SimpleNamespace(run_after=run_after, run_type=kind, conf=conf)}
    if schedule is not None:
        timetable = coerce_to_core_timetable(dag.timetable)
        context["data_interval_end"] = timetable.infer_manual_data_interval(run_after=at).end
    date = dag.get_template_env().from_string(AS_OF).render(context, **macros)
    kpi_only = {"--kpi-only" in operator.command_in(context) for operator in operators}
    return date + (" kpi-only" if kpi_only == {True} else "")


assert not find_spec("airflow.providers.openlineage"), "it has to do without"
for line in sys.stdin:
    print(answer(*json.loads(line)))
