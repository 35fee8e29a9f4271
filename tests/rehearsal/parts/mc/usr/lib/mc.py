"""The two commands of MinIO's client that create-buckets.sh uses: `mc alias set --` and `mc mb --ignore-existing`."""

import json
import os
import pathlib
import sys

import boto3

SETTINGS = pathlib.Path(os.environ.get("MC_CONFIG_DIR", "/tmp/mc")) / "config.json"

match sys.argv[1:]:
    case ["alias", "set", "--", name, url, user, password]:
        SETTINGS.parent.mkdir(parents=True, exist_ok=True)
        SETTINGS.write_text(json.dumps({name: [url, user, password]}))
    case ["mb", "--ignore-existing", target]:
        name, bucket = target.split("/")
        url, user, password = json.loads(SETTINGS.read_text())[name]
        store = boto3.client(
            "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id=user, aws_secret_access_key=password
        )
        try:
            store.create_bucket(Bucket=bucket)
        except store.exceptions.BucketAlreadyOwnedByYou:
            pass
        print(f"{bucket}: there")
    case words:
        sys.exit(f"mc: this stand-in does not know {words}")
