"""The tables of silver and gold: dbt builds them in DuckDB, export-dbt publishes them as Delta tables.

Both programs take their settings from the scheduler's environment. DuckDB's file has one writer: one run at a time,
and one task for all models. A model or a test that fails ends the run before anything is published; a `publish` that
somebody starts alone then holds back the tables that did not pass (EXPORT_REQUIRE_TESTS).
"""

import datetime
import os

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronTriggerTimetable

with DAG(
    "lake",
    description="dbt builds silver and gold, export-dbt publishes them",
    # The first run starts at once, so that dashboards need not wait for the first interval's end.
    schedule=CronTriggerTimetable(os.environ["LAKE_SCHEDULE"], timezone="UTC", run_immediately=True),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={"execution_timeout": datetime.timedelta(hours=1)},
):
    # `exec`: a signal reaches the program itself, which then leaves nothing half-written.
    build = BashOperator(
        task_id="build",
        bash_command="exec dbt --no-version-check build",
        append_env=True,
    )
    publish = BashOperator(
        task_id="publish",
        bash_command="exec export-dbt",
        append_env=True,
    )
    build >> publish
