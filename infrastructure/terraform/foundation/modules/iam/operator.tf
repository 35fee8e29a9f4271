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

  # A shell on a node, which its tags tell apart from the account's other instances.
  statement {
    sid       = "Nodes"
    actions   = ["ssm:StartSession"]
    resources = ["arn:aws:ec2:${var.region}:${var.account_id}:instance/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Name"
      values   = ["${var.name}-node"]
    }
  }

  statement {
    sid       = "Shell"
    actions   = ["ssm:StartSession"]
    resources = ["arn:aws:ssm:${var.region}:${var.account_id}:document/SSM-SessionManagerRunShell"]
  }

  # Each session is named after the one who has begun it.
  statement {
    sid       = "TheirSessions"
    actions   = ["ssm:ResumeSession", "ssm:TerminateSession"]
    resources = ["arn:aws:ssm:${var.region}:${var.account_id}:session/$${aws:userid}-*"]
  }

  # Takes no resource.
  statement {
    sid       = "FindNodes"
    actions   = ["ec2:DescribeInstances"]
    resources = ["*"]
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
