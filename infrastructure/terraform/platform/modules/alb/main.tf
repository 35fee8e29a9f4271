# The platform's one load balancer. The AWS Load Balancer Controller finds it by the three tags and
# adds listeners, rules and targets as the Ingresses say. Made here, it has its security group, its
# logs and its name in DNS before the first pod starts, and nobody has to copy an address.

resource "aws_lb" "this" {
  # checkov:skip=CKV2_AWS_28: Its security group decides who reaches it at all; a web ACL is $5 a month and $1 a rule.

  name                       = var.name
  load_balancer_type         = "application"
  internal                   = false
  subnets                    = var.subnet_ids
  security_groups            = [aws_security_group.this.id]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection

  access_logs {
    bucket  = var.logs_bucket
    prefix  = "alb"
    enabled = true
  }

  tags = {
    "elbv2.k8s.aws/cluster"    = var.name
    "ingress.k8s.aws/resource" = "LoadBalancer"
    "ingress.k8s.aws/stack"    = var.ingress_group
  }
}

resource "aws_security_group" "this" {
  name        = "${var.name}-alb"
  description = "Who reaches the load balancer"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-alb" }
}

resource "aws_vpc_security_group_ingress_rule" "http" {
  for_each = toset(var.allowed_cidrs)

  security_group_id = aws_security_group.this.id
  description       = "HTTP, which is redirected to HTTPS"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = each.key
}

resource "aws_vpc_security_group_ingress_rule" "https" {
  for_each = toset(var.allowed_cidrs)

  security_group_id = aws_security_group.this.id
  description       = "HTTPS"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = each.key
}

# The containers' ports lie between Grafana's 3000 and Prometheus' 9090.
resource "aws_vpc_security_group_egress_rule" "pods" {
  security_group_id            = aws_security_group.this.id
  description                  = "Requests and health checks to the pods"
  ip_protocol                  = "tcp"
  from_port                    = 3000
  to_port                      = 9090
  referenced_security_group_id = var.node_security_group_id
}

# The identity provider's public address, with which the load balancer exchanges its answers.
resource "aws_vpc_security_group_egress_rule" "identity_provider" {
  count = var.authenticates ? 1 : 0

  security_group_id = aws_security_group.this.id
  description       = "HTTPS to the identity provider"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "pods" {
  # checkov:skip=CKV_AWS_25: It lets the load balancer's group in and no address, to the ports of containers on Linux.

  security_group_id            = var.node_security_group_id
  description                  = "Requests and health checks of the load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 3000
  to_port                      = 9090
  referenced_security_group_id = aws_security_group.this.id
}
