# The services of the specification that have an x-role, which is also their service account's name.
# Each gets the layers of the lake that it works with; a test compares the names.

locals {
  workloads = {
    rideshare-airflow = {
      # The tasks: dbt reads bronze, export-dbt writes the other two.
      read  = ["bronze"]
      write = ["silver", "gold"]
    }
    rideshare-bronze-ingestion = {
      read  = []
      write = ["bronze"]
    }
    rideshare-hive-metastore = {
      # It looks whether a table's place is there, and makes the places of schemas.
      read  = []
      write = ["bronze", "silver", "gold"]
    }
    rideshare-trino = {
      # It keeps its own statistics beside a table's log.
      read  = []
      write = ["bronze", "silver", "gold"]
    }
  }
}

data "aws_iam_policy_document" "workload" {
  for_each = local.workloads

  statement {
    sid       = "List"
    actions   = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
    resources = [for layer in concat(each.value.read, each.value.write) : var.lake_bucket_arns[layer]]
  }

  statement {
    sid       = "Read"
    actions   = ["s3:GetObject"]
    resources = [for layer in concat(each.value.read, each.value.write) : "${var.lake_bucket_arns[layer]}/*"]
  }

  statement {
    sid       = "Write"
    actions   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
    resources = [for layer in each.value.write : "${var.lake_bucket_arns[layer]}/*"]
  }

  statement {
    sid       = "Encrypt"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${var.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role_policy" "workload" {
  for_each = local.workloads

  name   = "lake"
  role   = aws_iam_role.pod[each.key].id
  policy = data.aws_iam_policy_document.workload[each.key].json
}
