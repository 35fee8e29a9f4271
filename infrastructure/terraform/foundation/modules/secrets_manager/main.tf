# The secrets, without values: `make eks-secrets` draws the first ones, and people set others. Terraform
# keeps no version of a secret. AWS would delete that version after two newer ones, and an
# apply that misses it would write a new version over every value.

resource "aws_secretsmanager_secret" "this" {
  # checkov:skip=CKV2_AWS_57: Services read them when they start, so a new value needs a restart that somebody plans; the README says how.

  for_each = local.catalogue

  name                    = each.key
  description             = "See infrastructure/platform/secrets.yaml"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_days
}
