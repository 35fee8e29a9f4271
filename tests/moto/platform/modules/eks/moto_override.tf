# moto has no add-ons, access entries or pod identities.
data "aws_eks_addon_version" "this" {
  for_each = {}
}

resource "aws_eks_addon" "before_nodes" {
  for_each = {}
}

resource "aws_eks_addon" "after_nodes" {
  for_each = {}
}

resource "aws_eks_access_entry" "admin" {
  count = 0
}

resource "aws_eks_access_policy_association" "admin" {
  count = 0
}

resource "aws_eks_pod_identity_association" "this" {
  for_each = {}
}

# moto forgets how one gets in and what happens at the end of support.
resource "aws_eks_cluster" "this" {
  lifecycle {
    ignore_changes = [access_config, upgrade_policy]
  }
}

# moto makes up a key for SSH, and forgets how many nodes an update may take away.
resource "aws_eks_node_group" "this" {
  lifecycle {
    ignore_changes = [remote_access, update_config]
  }
}

# moto makes no security group for the cluster, and copies the template's own tags among the nodes'.
resource "aws_launch_template" "nodes" {
  lifecycle {
    ignore_changes = [tag_specifications, vpc_security_group_ids]
  }
}
