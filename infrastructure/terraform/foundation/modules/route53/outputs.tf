output "zone_id" {
  description = "The hosted zone."
  value       = aws_route53_zone.this.zone_id
}

output "name_servers" {
  description = "The servers that the domain's registrar, or the parent zone, must name."
  value       = aws_route53_zone.this.name_servers
}
