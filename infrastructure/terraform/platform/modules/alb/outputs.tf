output "load_balancer" {
  description = "What DNS needs to know of it."
  value = {
    dns_name = aws_lb.this.dns_name
    zone_id  = aws_lb.this.zone_id
  }
}

output "security_group_id" {
  description = "Its security group, which the Ingresses name."
  value       = aws_security_group.this.id
}
