resource "aws_security_group" "nodes" {
  name        = "${var.name}-nodes"
  description = "The nodes and their pods"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-nodes" }
}

# Images, AWS, GitHub, and the databases. Ingress comes from the load balancer, and between nodes and control plane, which the cluster's security group lets pass.
resource "aws_vpc_security_group_egress_rule" "nodes" {
  security_group_id = aws_security_group.nodes.id
  description       = "To registries, AWS and the databases"
  ip_protocol       = "-1"
  cidr_ipv4         = "0.0.0.0/0"
}

# The provider tags what it makes itself; the nodes and their disks are made from the template.
data "aws_default_tags" "this" {}

resource "aws_launch_template" "nodes" {
  name        = "${var.name}-nodes"
  description = "The nodes of ${var.name}"

  vpc_security_group_ids = [
    aws_eks_cluster.this.vpc_config[0].cluster_security_group_id,
    aws_security_group.nodes.id,
  ]

  # IMDSv2 alone, and one hop: pods are a hop away, so none of them takes the node's role.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type = "gp3"
      volume_size = var.node_disk_gib
      encrypted   = true
    }
  }

  dynamic "tag_specifications" {
    for_each = toset(["instance", "volume"])

    content {
      resource_type = tag_specifications.value
      tags          = merge(data.aws_default_tags.this.tags, { Name = "${var.name}-node" })
    }
  }
}

# Another instance type is another group. It is there, with a name of its own, before the old one's nodes
# are drained and go: there is always a node for the pods.
resource "aws_eks_node_group" "this" {
  cluster_name           = aws_eks_cluster.this.name
  version                = aws_eks_cluster.this.version
  node_group_name_prefix = "${var.name}-nodes-"
  node_role_arn          = aws_iam_role.nodes.arn
  subnet_ids             = var.subnet_ids
  ami_type               = "AL2023_x86_64_STANDARD"
  instance_types         = [var.node_instance_type]

  launch_template {
    id      = aws_launch_template.nodes.id
    version = aws_launch_template.nodes.latest_version
  }

  scaling_config {
    desired_size = var.node_count
    min_size     = var.node_count
    max_size     = var.node_count + 1
  }

  update_config {
    max_unavailable = 1
  }

  depends_on = [
    aws_eks_addon.before_nodes,
    aws_iam_role_policy_attachment.nodes,
  ]

  lifecycle {
    create_before_destroy = true
  }
}
