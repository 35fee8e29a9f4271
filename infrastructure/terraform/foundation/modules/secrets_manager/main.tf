# The secrets, with first values that Secrets Manager generates and hands straight back to itself:
# ephemeral resources and write-only arguments are in no plan and in no state. A value that somebody
# sets later stays, because Terraform writes again only when the version below changes.

resource "aws_secretsmanager_secret" "this" {
  for_each = local.catalogue

  name                    = each.key
  description             = "See infrastructure/platform/secrets.yaml"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_days
}

ephemeral "aws_secretsmanager_random_password" "this" {
  for_each = local.keys

  # A Fernet key is 32 bytes. A name is letters alone, which every service takes.
  password_length     = each.value == "fernet" ? 32 : each.value == "name" ? 12 : 40
  exclude_punctuation = true
  exclude_uppercase   = each.value == "name"
  exclude_numbers     = each.value == "name"

  require_each_included_type = true
}

resource "aws_secretsmanager_secret_version" "this" {
  for_each = aws_secretsmanager_secret.this

  secret_id = each.value.id
  secret_string_wo = jsonencode({
    for key, kind in local.catalogue[each.key] : key => (
      kind == "fernet"
      # Fernet wants the URL-safe alphabet; of letters and digits, base64 never needs the two
      # characters in which the alphabets differ.
      ? base64encode(ephemeral.aws_secretsmanager_random_password.this["${each.key}/${key}"].random_password)
      : ephemeral.aws_secretsmanager_random_password.this["${each.key}/${key}"].random_password
    )
  })
  secret_string_wo_version = 1
}
