# The secrets, with first values that are drawn while they are written. Write-only arguments are in no
# plan and in no state, so Secrets Manager is the only one to know them. Terraform writes a secret once:
# it cannot read what is there, so a second time it would draw every key anew. A key that is added to the
# catalogue later gets its value by `make eks-secrets`, and what somebody sets stays.

resource "aws_secretsmanager_secret" "this" {
  # checkov:skip=CKV2_AWS_57: Services read them when they start, so a new value needs a restart that somebody plans; the README says how.

  for_each = local.catalogue

  name                    = each.key
  description             = "See infrastructure/platform/secrets.yaml"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_days
}

resource "aws_secretsmanager_secret_version" "this" {
  for_each = aws_secretsmanager_secret.this

  secret_id = each.value.id

  # uuid() is 122 bits of the system's random source, and others at each call.
  secret_string_wo = jsonencode({
    for key, kind in local.catalogue[each.key] : key => (
      # URL-safe base64 of 32 bytes.
      kind == "fernet" ? replace(replace(base64sha256(uuid()), "+", "-"), "/", "_") :
      # A letter first, which databases and directories want.
      kind == "name" ? "u${substr(sha256(uuid()), 0, 12)}" :
      replace(uuid(), "-", "")
    )
  })
  # Never another: it would replace the values that services, databases and Airflow's own rows work with.
  secret_string_wo_version = 1
}
