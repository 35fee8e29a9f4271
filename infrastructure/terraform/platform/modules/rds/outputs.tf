output "identifier" {
  description = "The instance's name, by which CloudWatch finds it."
  value       = aws_db_instance.this.identifier
}

output "host" {
  description = "The instance's host name; it listens on 5432."
  value       = aws_db_instance.this.address
}

output "master_secret_arn" {
  description = "The secret that RDS keeps the master's name and password in."
  value       = one(aws_db_instance.this.master_user_secret[*].secret_arn)
}
