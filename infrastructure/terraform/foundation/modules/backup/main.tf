# Daily backups of the cluster's volumes and of the databases. The vault is in foundation, so that it outlives the
# platform layer and what a tear-down of that deletes.

resource "aws_backup_vault" "this" {
  name          = "${var.name}-backups"
  kms_key_arn   = var.kms_key_arn
  force_destroy = !var.deletion_protection
}

resource "aws_backup_plan" "daily" {
  name = "${var.name}-daily"

  rule {
    rule_name         = "daily"
    target_vault_name = aws_backup_vault.this.name
    # Between RDS' own backup and its maintenance window is no hour, so it comes before both.
    schedule          = "cron(0 2 * * ? *)"
    start_window      = 60
    completion_window = 180

    lifecycle {
      delete_after = var.retention_days
    }

    recovery_point_tags = var.tags
  }
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name                 = "${var.name}-backup"
  description          = "Backups of ${var.name}, and what is restored from them"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = toset(["AWSBackupServiceRolePolicyForBackup", "AWSBackupServiceRolePolicyForRestores"])

  role       = aws_iam_role.this.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/${each.key}"
}

# By their tags, because the cluster makes volumes that no layer knows. The nodes' disks hold nothing that an image
# does not hold.
resource "aws_backup_selection" "this" {
  name         = "volumes-and-databases"
  plan_id      = aws_backup_plan.daily.id
  iam_role_arn = aws_iam_role.this.arn
  resources    = ["arn:aws:ec2:*:*:volume/*", "arn:aws:rds:*:*:db:*"]

  condition {
    dynamic "string_equals" {
      for_each = { for name in ["Project", "Environment"] : name => var.tags[name] }

      content {
        key   = "aws:ResourceTag/${string_equals.key}"
        value = string_equals.value
      }
    }

    string_not_equals {
      key   = "aws:ResourceTag/Name"
      value = "${var.name}-node"
    }
  }

  depends_on = [aws_iam_role_policy_attachment.this]
}
