output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "The subnets of nodes and pods, by zone."
  value       = [for zone in var.availability_zones : aws_subnet.private[zone].id]
}

output "public_subnet_ids" {
  description = "The subnets of the load balancer, by zone."
  value       = [for zone in var.availability_zones : aws_subnet.public[zone].id]
}

output "database_subnet_ids" {
  description = "The subnets of the databases, by zone."
  value       = [for zone in var.availability_zones : aws_subnet.database[zone].id]
}

output "nat_gateway_ids" {
  description = "The NAT gateways, by their zones."
  value       = { for zone, gateway in aws_nat_gateway.this : zone => gateway.id }
}
