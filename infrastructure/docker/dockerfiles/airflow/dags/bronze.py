"""The bronze tables in Trino: each is registered when it has appeared, whenever that is."""

import datetime
import os

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronTriggerTimetable

with DAG(
    "bronze",
    description="Registers the bronze tables that have appeared",
    schedule=CronTriggerTimetable(os.environ["BRONZE_SCHEDULE"], timezone="UTC", run_immediately=True),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"execution_timeout": datetime.timedelta(minutes=10)},
):
    BashOperator(
        task_id="register",
        bash_command='exec python3 "$REGISTER_TABLES"',
        append_env=True,
    )
