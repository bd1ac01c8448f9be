"""What an operator says whose program is not there."""

import regua_airflow
from airflow.sdk.exceptions import AirflowFailException

operator = regua_airflow.ReguaRunOperator(task_id="t", pipeline="p", as_of="2026-06-30", binary="regua-of-nobody")
try:
    operator.call(operator.command)
except AirflowFailException as said:
    print(said)
