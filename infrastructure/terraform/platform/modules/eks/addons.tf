# EKS' own add-ons, in the version that EKS recommends for the cluster's. It is looked up at each plan, so
# they follow when the cluster is upgraded, and take patches in between.

locals {
  # The network, without which no node gets ready, and the agent that hands roles to pods.
  addons_before_nodes = toset(["eks-pod-identity-agent", "kube-proxy", "vpc-cni"])
  # These have pods that need nodes to be ready.
  addons_after_nodes = toset(["aws-ebs-csi-driver", "coredns", "metrics-server"])

  addon_settings = {
    # The volumes of the cluster's pods are made by this driver, and tagged as what Terraform makes.
    aws-ebs-csi-driver = jsonencode({ controller = { extraVolumeTags = data.aws_default_tags.this.tags } })
  }
}

data "aws_eks_addon_version" "this" {
  for_each = setunion(local.addons_before_nodes, local.addons_after_nodes)

  addon_name         = each.key
  kubernetes_version = var.kubernetes_version
}

resource "aws_eks_addon" "before_nodes" {
  for_each = local.addons_before_nodes

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = data.aws_eks_addon_version.this[each.key].version
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"
}

resource "aws_eks_addon" "after_nodes" {
  for_each = local.addons_after_nodes

  cluster_name                = aws_eks_cluster.this.name
  addon_name                  = each.key
  addon_version               = data.aws_eks_addon_version.this[each.key].version
  configuration_values        = lookup(local.addon_settings, each.key, null)
  resolve_conflicts_on_create = "OVERWRITE"
  resolve_conflicts_on_update = "OVERWRITE"

  depends_on = [
    aws_eks_node_group.this,
    aws_eks_pod_identity_association.this,
  ]
}
