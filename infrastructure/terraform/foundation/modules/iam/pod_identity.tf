# Who may take a pod's role: EKS Pod Identity, for one service account of one cluster. The cluster is
# made by the platform layer, which also associates the two; its name is known already.

locals {
  service_accounts = merge(
    { for role in keys(local.workloads) : role => { namespace = var.namespace, name = role } },
    local.controllers,
  )
}

data "aws_iam_policy_document" "pod_trust" {
  for_each = local.service_accounts

  statement {
    actions = ["sts:AssumeRole", "sts:TagSession"]

    principals {
      type        = "Service"
      identifiers = ["pods.eks.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/eks-cluster-arn"
      values   = ["arn:aws:eks:${var.region}:${var.account_id}:cluster/${var.cluster_name}"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/kubernetes-namespace"
      values   = [each.value.namespace]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:RequestTag/kubernetes-service-account"
      values   = [each.value.name]
    }
  }
}

resource "aws_iam_role" "pod" {
  for_each = local.service_accounts

  name                 = each.key
  description          = "The pods of ${each.value.namespace}/${each.value.name}"
  assume_role_policy   = data.aws_iam_policy_document.pod_trust[each.key].json
  permissions_boundary = aws_iam_policy.boundary.arn
}
