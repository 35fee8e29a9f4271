# moto forgets the description of a rule that names another group.
resource "aws_vpc_security_group_egress_rule" "pods" {
  lifecycle {
    ignore_changes = [description]
  }
}

resource "aws_vpc_security_group_ingress_rule" "pods" {
  lifecycle {
    ignore_changes = [description]
  }
}
