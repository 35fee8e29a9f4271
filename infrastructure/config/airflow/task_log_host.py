"""Where the API server finds the logs of tasks: at the scheduler's name in Compose and in the cluster.

Airflow writes this name beside each task. An address would be another one after the scheduler's next
start, and the logs, which its volume keeps, could not be read any more.
"""


def name():
    return "airflow-scheduler"
