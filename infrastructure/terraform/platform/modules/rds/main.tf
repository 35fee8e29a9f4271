# One PostgreSQL instance. RDS makes and rotates the master's password; the services' passwords are
# in the secret catalogue, and `make eks-database-users` makes it in the database.

resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "The subnets of ${var.name}"
  subnet_ids  = var.subnet_ids
}

resource "aws_security_group" "this" {
  name        = var.name
  description = "Who reaches the database ${var.name}"
  vpc_id      = var.vpc_id

  tags = { Name = var.name }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  security_group_id            = aws_security_group.this.id
  description                  = "PostgreSQL from the nodes"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = var.client_security_group
}

# Another major version needs a group of another family, which is there, with a name of its own, before the
# instance leaves the old one.
resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.name}-postgres${var.engine_version}-"
  description = "TLS only, and a log of who came and of what was slow"
  family      = "postgres${var.engine_version}"

  # RDS reports a value that is its own default as pending, whatever was asked for.
  parameter {
    name         = "rds.force_ssl"
    value        = "1"
    apply_method = "pending-reboot"
  }

  dynamic "parameter" {
    for_each = {
      "log_connections"            = "1"
      "log_disconnections"         = "1"
      "log_statement"              = "ddl"
      "log_min_duration_statement" = "1000"
    }

    content {
      name  = parameter.key
      value = parameter.value
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = toset(["postgresql", "upgrade"])

  name              = "/aws/rds/instance/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_db_instance" "this" {
  # checkov:skip=CKV_AWS_118: Performance Insights and CloudWatch's own metrics show enough of a database of this size.
  # checkov:skip=CKV_AWS_157: A variable, database_multi_az, whose description says what a standby costs and saves.

  identifier     = var.name
  engine         = "postgres"
  engine_version = var.engine_version
  instance_class = var.instance_class
  db_name        = var.database

  storage_type          = "gp3"
  allocated_storage     = 20
  max_allocated_storage = 100
  storage_encrypted     = true
  kms_key_id            = var.kms_key_arn

  username                            = "rideshare_master"
  manage_master_user_password         = true
  master_user_secret_kms_key_id       = var.kms_key_arn
  iam_database_authentication_enabled = true

  db_subnet_group_name   = aws_db_subnet_group.this.name
  vpc_security_group_ids = [aws_security_group.this.id]
  parameter_group_name   = aws_db_parameter_group.this.name
  publicly_accessible    = false
  multi_az               = var.multi_az

  backup_retention_period    = var.backup_retention_period
  backup_window              = "04:00-05:00"
  maintenance_window         = "sun:05:30-sun:06:30"
  auto_minor_version_upgrade = true
  # A major version is not taken back, so it needs two variables: the version, and this one.
  allow_major_version_upgrade = var.major_upgrade
  apply_immediately           = var.major_upgrade
  copy_tags_to_snapshot       = true
  # The backups of a deleted instance are kept for as long as they would have been kept.
  delete_automated_backups = false

  enabled_cloudwatch_logs_exports = [for group in aws_cloudwatch_log_group.this : basename(group.name)]
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.kms_key_arn

  # Counts when the instance is made; the same database with another one would be another database.
  snapshot_identifier = var.snapshot

  deletion_protection = var.deletion_protection
  skip_final_snapshot = false
  # Of its own for each instance that ever was: a second tear-down must not find the name taken.
  final_snapshot_identifier = "${var.name}-final-${formatdate("YYYYMMDDhhmmss", plantimestamp())}"

  lifecycle {
    ignore_changes = [final_snapshot_identifier, snapshot_identifier]
  }
}
