output "hosts" {
  description = "The full names."
  value       = sort([for record in aws_route53_record.this : record.name])
}
