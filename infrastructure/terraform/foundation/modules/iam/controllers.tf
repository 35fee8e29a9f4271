# Controllers in the cluster beside the platform that talk to AWS, with the service accounts that their charts make.

locals {
  controllers = {
    rideshare-ebs-csi-driver           = { namespace = "kube-system", name = "ebs-csi-controller-sa" }
    rideshare-external-secrets         = { namespace = "external-secrets", name = "external-secrets" }
    rideshare-load-balancer-controller = { namespace = "kube-system", name = "aws-load-balancer-controller" }
  }
}

resource "aws_iam_role_policy_attachment" "ebs_csi_driver" {
  role       = aws_iam_role.pod["rideshare-ebs-csi-driver"].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy"
}

# For External Secrets, and for whoever runs fetch-secrets.
data "aws_iam_policy_document" "read_secrets" {
  statement {
    sid       = "Read"
    actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
    resources = values(var.secret_arns)
  }

  # Takes no resource; each secret still needs GetSecretValue.
  statement {
    sid       = "ReadInBatches"
    actions   = ["secretsmanager:BatchGetSecretValue"]
    resources = ["*"]
  }

  statement {
    sid       = "Decrypt"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${var.region}.amazonaws.com"]
    }
  }
}

resource "aws_iam_policy" "read_secrets" {
  name        = "${var.name}-read-secrets"
  description = "Reads the platform's secrets and no others"
  policy      = data.aws_iam_policy_document.read_secrets.json
}

resource "aws_iam_role_policy_attachment" "external_secrets" {
  role       = aws_iam_role.pod["rideshare-external-secrets"].name
  policy_arn = aws_iam_policy.read_secrets.arn
}

resource "aws_iam_role_policy" "load_balancer_controller" {
  name   = "load-balancing"
  role   = aws_iam_role.pod["rideshare-load-balancer-controller"].id
  policy = data.aws_iam_policy_document.load_balancer_controller.json
}
