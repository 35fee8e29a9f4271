# moto forgets Performance Insights, and what it is encrypted with.
resource "aws_db_instance" "this" {
  lifecycle {
    ignore_changes = [final_snapshot_identifier, snapshot_identifier, performance_insights_enabled, performance_insights_kms_key_id]
  }
}

# moto knows fewer of PostgreSQL's parameters.
resource "aws_db_parameter_group" "this" {
  lifecycle {
    ignore_changes = [parameter]
  }
}

# moto forgets the description of a rule that names another group.
resource "aws_vpc_security_group_ingress_rule" "clients" {
  lifecycle {
    ignore_changes = [description]
  }
}
