output "load_balancer" {
  description = "Its name, and how DNS and CloudWatch find it."
  value = {
    dns_name   = aws_lb.this.dns_name
    zone_id    = aws_lb.this.zone_id
    arn_suffix = aws_lb.this.arn_suffix
  }
}

output "security_group_id" {
  description = "Its security group, which the Ingresses name."
  value       = aws_security_group.this.id
}
