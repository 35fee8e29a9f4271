"""Reads a Terraform state, and prints what of it AWS or the provider would refuse to delete.

    protected.py < terraform.tfstate       one line for each: "module.rds[\"airflow\"].aws_db_instance.this: why"

Terraform looks at such protection only when it comes to the resource, and by then has destroyed most
others.
"""

import json
import sys

# The protection of a resource: the attribute, the value with which it does, and what that means.
PROTECTION = {
    "aws_db_instance": ("deletion_protection", True, "RDS refuses to delete it"),
    "aws_lb": ("enable_deletion_protection", True, "the load balancer's own protection is on"),
    "aws_s3_bucket": ("force_destroy", False, "a bucket that holds objects is not deleted"),
    "aws_backup_vault": ("force_destroy", False, "a vault that holds backups is not deleted"),
    "aws_ecr_repository": ("force_delete", False, "a repository that holds images is not deleted"),
}


def address(resource, instance):
    """As Terraform writes it."""
    key = instance.get("index_key")
    index = "" if key is None else f"[{json.dumps(key)}]"
    module = resource.get("module")
    return f"{module + '.' if module else ''}{resource['type']}.{resource['name']}{index}"


def main():
    for resource in json.load(sys.stdin)["resources"]:
        if resource["mode"] != "managed" or resource["type"] not in PROTECTION:
            continue
        attribute, on, why = PROTECTION[resource["type"]]
        for instance in resource["instances"]:
            if bool(instance["attributes"].get(attribute)) == on:
                print(f"{address(resource, instance)}: {why} ({attribute} is {str(on).lower()})")


main()
