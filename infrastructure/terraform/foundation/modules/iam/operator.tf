# The rights that a person needs after the layers are applied: the cluster, and the secrets. Everyone whom the account lets assume roles may take it; the platform layer makes it the cluster's administrator.

data "aws_iam_policy_document" "operator_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${var.account_id}:root"]
    }
  }
}

data "aws_iam_policy_document" "operator" {
  statement {
    sid       = "Cluster"
    actions   = ["eks:DescribeCluster"]
    resources = ["arn:aws:eks:${var.region}:${var.account_id}:cluster/${var.cluster_name}"]
  }

  # By the prefix of their names, because the workflow that applies a new secret may not change this role.
  statement {
    sid       = "SetSecrets"
    actions   = ["secretsmanager:PutSecretValue"]
    resources = [local.secrets_arn]
  }

  # The masters of the databases, whose secrets RDS makes and names, and tells apart by a tag.
  statement {
    sid       = "DatabaseMasters"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = ["arn:aws:secretsmanager:${var.region}:${var.account_id}:secret:rds!db-*"]

    condition {
      test     = "StringLike"
      variable = "aws:ResourceTag/aws:rds:primaryDBInstanceArn"
      values   = ["arn:aws:rds:${var.region}:${var.account_id}:db:${var.name}-*"]
    }
  }

  statement {
    sid       = "Encrypt"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "operator" {
  name                 = "${var.name}-operator"
  description          = "People who run the cluster and set secrets"
  assume_role_policy   = data.aws_iam_policy_document.operator_trust.json
  permissions_boundary = aws_iam_policy.boundary.arn
}

resource "aws_iam_role_policy" "operator" {
  name   = "operate"
  role   = aws_iam_role.operator.id
  policy = data.aws_iam_policy_document.operator.json
}

resource "aws_iam_role_policy_attachment" "operator" {
  role       = aws_iam_role.operator.name
  policy_arn = aws_iam_policy.read_secrets.arn
}
