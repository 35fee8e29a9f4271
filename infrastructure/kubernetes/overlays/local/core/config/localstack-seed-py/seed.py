"""Makes the platform's secrets with their development values whenever LocalStack starts.

LocalStack runs this when it is ready (/etc/localstack/init/ready.d), because it keeps secrets in memory:
a container or pod that is started again has none. A secret that is there already stays as it is.
"""

import json
import os

import boto3
import yaml

CATALOGUE = os.environ.get("SEED_CATALOGUE", "/etc/rideshare/secrets.yaml")


def values_of(secret):
    """The secret's object. A `key` with dots is a path into nested objects."""
    values = {}
    for name, entry in secret["keys"].items():
        *parents, last = entry["key"].split(".") if "key" in entry else [name]
        inner = values
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = str(entry["dev"])
    return values


def main():
    with open(CATALOGUE, encoding="utf-8") as file:
        secrets = yaml.safe_load(file)["x-secrets"]
    client = boto3.client(
        "secretsmanager",
        endpoint_url="http://127.0.0.1:" + os.environ["GATEWAY_LISTEN"].rpartition(":")[2],
        region_name=os.environ["AWS_REGION"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    for name, secret in secrets.items():
        values = values_of(secret)
        try:
            client.create_secret(Name=name, Description=secret["description"], SecretString=json.dumps(values))
        except client.exceptions.ResourceExistsException:
            pass


main()
