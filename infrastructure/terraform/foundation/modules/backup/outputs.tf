output "vault" {
  description = "The vault of the backups."
  value       = aws_backup_vault.this.name
}
