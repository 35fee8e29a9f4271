output "secret_arns" {
  description = "The secrets, by name."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.arn }
}

output "catalogue" {
  description = "The keys of each secret, and what a key's first value is made of; no values."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => local.catalogue[name] }
}
