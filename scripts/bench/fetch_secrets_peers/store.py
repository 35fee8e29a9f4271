"""The store of the trial: LocalStack, behind a proxy that counts and denies requests."""

import json

import boto3
import localstack


class Store:
    """`secrets` and `parameters` are clients that the proxy does not see, `environment` the one of the programs."""

    def __init__(self, folder: str):
        self.server, address = localstack.start(folder)
        self.proxy = localstack.Counter(address)
        self.environment = {
            "AWS_ENDPOINT_URL": f"http://{self.proxy.address}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
        self.secrets = boto3.client("secretsmanager", endpoint_url=f"http://{address}", **keys)
        self.parameters = boto3.client("ssm", endpoint_url=f"http://{address}", **keys)

    def put(self, name: str, value: str | bytes) -> None:
        field = "SecretBinary" if isinstance(value, bytes) else "SecretString"
        try:
            self.secrets.create_secret(Name=name, **{field: value})
        except self.secrets.exceptions.ResourceExistsException:
            self.secrets.put_secret_value(SecretId=name, **{field: value})

    def get(self, name: str) -> str:
        value = self.secrets.get_secret_value(SecretId=name)["SecretString"]
        keys = json.loads(value) if value.startswith("{") else {"A": value}
        # chamber writes its keys in lower case.
        return keys.get("a", keys["A"])

    def close(self) -> None:
        self.server.kill()
        self.server.wait()
