output "zone_id" {
  description = "The hosted zone."
  value       = var.existing_zone_id == "" ? one(aws_route53_zone.this[*].zone_id) : var.existing_zone_id
}

output "name_servers" {
  description = "The servers that the domain's registrar, or the parent zone, must name; none where the zone was there before."
  value       = flatten(aws_route53_zone.this[*].name_servers)
}
