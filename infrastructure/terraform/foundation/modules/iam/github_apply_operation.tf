data "aws_iam_policy_document" "apply_operation" {
  # checkov:skip=CKV_AWS_356: Statements with "*" hold actions that take no resource.

  statement {
    sid = "Topics"
    actions = [
      "sns:CreateTopic",
      "sns:DeleteTopic",
      "sns:GetSubscriptionAttributes",
      "sns:GetTopicAttributes",
      "sns:ListTagsForResource",
      "sns:SetTopicAttributes",
      "sns:Subscribe",
      "sns:TagResource",
      "sns:Unsubscribe",
      "sns:UntagResource",
    ]
    resources = ["${local.here["sns"]}:${var.name}-*"]
  }

  statement {
    sid = "Alarms"
    actions = [
      "cloudwatch:DeleteAlarms",
      "cloudwatch:ListTagsForResource",
      "cloudwatch:PutMetricAlarm",
      "cloudwatch:TagResource",
      "cloudwatch:UntagResource",
    ]
    resources = ["${local.here["cloudwatch"]}:alarm:${var.name}-*"]
  }

  statement {
    sid       = "Budget"
    actions   = ["budgets:ListTagsForResource", "budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource", "budgets:ViewBudget"]
    resources = ["arn:aws:budgets::${var.account_id}:budget/${var.name}-*"]
  }

  # Takes no resource.
  statement {
    sid       = "FindAlarms"
    actions   = ["cloudwatch:DescribeAlarms"]
    resources = ["*"]
  }

  # A person makes the vault. Its recovery points are deleted by the plan when their days are over, and by nobody else.
  statement {
    sid       = "Vault"
    actions   = ["backup:DescribeBackupVault", "backup:ListTags", "backup:TagResource", "backup:UntagResource"]
    resources = ["${local.here["backup"]}:backup-vault:${var.name}-backups"]
  }

  statement {
    sid = "BackupPlan"
    actions = [
      "backup:CreateBackupPlan",
      "backup:CreateBackupSelection",
      "backup:DeleteBackupPlan",
      "backup:DeleteBackupSelection",
      "backup:GetBackupPlan",
      "backup:GetBackupSelection",
      "backup:ListTags",
      "backup:TagResource",
      "backup:UntagResource",
      "backup:UpdateBackupPlan",
    ]
    resources = ["${local.here["backup"]}:backup-plan:*"]
  }
}
