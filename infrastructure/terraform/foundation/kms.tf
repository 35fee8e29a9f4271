# One key for everything that is stored: the lake, the secrets, images, logs, and in the platform
# layer the cluster's secrets and the databases. It is here so that it outlives the databases: their
# final snapshots could not be read without it.

data "aws_iam_policy_document" "key" {
  # checkov:skip=CKV_AWS_109: A key's policy is about this key alone, and the account must be able to change it.
  # checkov:skip=CKV_AWS_111: A key's policy is about this key alone, which is what "*" means in it.
  # checkov:skip=CKV_AWS_356: A key's policy is about this key alone, which is what "*" means in it.

  # AWS's own default: IAM policies decide who uses the key. Without it nobody could change it.
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${var.aws_account_id}:root"]
    }
  }

  statement {
    sid       = "Logs"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${local.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:aws:logs:${local.region}:${var.aws_account_id}:log-group:/rideshare/*", "arn:aws:logs:${local.region}:${var.aws_account_id}:log-group:/aws/eks/${local.cluster_name}/*", "arn:aws:logs:${local.region}:${var.aws_account_id}:log-group:/aws/rds/instance/${local.name}-*"]
    }
  }

  # The sender of an alarm encrypts it for the topic.
  statement {
    sid       = "Alarms"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["budgets.amazonaws.com", "cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.aws_account_id]
    }
  }
}

resource "aws_kms_key" "this" {
  description             = "What ${local.name} stores"
  policy                  = data.aws_iam_policy_document.key.json
  enable_key_rotation     = true
  deletion_window_in_days = 30
}

resource "aws_kms_alias" "this" {
  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.this.key_id
}
