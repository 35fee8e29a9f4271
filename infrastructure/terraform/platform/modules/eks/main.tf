# The control plane. Its name is what foundation's roles trust.

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/eks/${var.name}/cluster"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_eks_cluster" "this" {
  name                          = var.name
  version                       = var.kubernetes_version
  role_arn                      = aws_iam_role.cluster.arn
  enabled_cluster_log_types     = var.log_types
  bootstrap_self_managed_addons = false

  vpc_config {
    subnet_ids              = var.subnet_ids
    endpoint_private_access = true
    endpoint_public_access  = length(var.endpoint_cidrs) > 0
    public_access_cidrs     = length(var.endpoint_cidrs) > 0 ? var.endpoint_cidrs : null
  }

  access_config {
    authentication_mode = "API"
    # The identity that applies gets no access to the cluster by it.
    bootstrap_cluster_creator_admin_permissions = false
  }

  encryption_config {
    resources = ["secrets"]

    provider {
      key_arn = var.kms_key_arn
    }
  }

  # The end of standard support upgrades the cluster, instead of making it six times as dear.
  upgrade_policy {
    support_type = "STANDARD"
  }

  depends_on = [
    aws_cloudwatch_log_group.this,
    aws_iam_role_policy.cluster_key,
    aws_iam_role_policy_attachment.cluster,
  ]
}
