variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "cluster_name" {
  description = "The EKS cluster that will use the subnets."
  type        = string
}

variable "cidr" {
  description = "The addresses of the VPC."
  type        = string
}

variable "availability_zones" {
  description = "The zones, each with a public, a private and a database subnet."
  type        = list(string)
}

variable "nat_gateway_count" {
  description = "NAT gateways, in the first of the zones."
  type        = number
}

variable "flow_log_traffic" {
  description = "Which connections are logged."
  type        = string
}

variable "log_retention_days" {
  description = "How long the flow logs are kept."
  type        = number
}

variable "kms_key_arn" {
  description = "The key that encrypts the flow logs."
  type        = string
}

variable "permissions_boundary_arn" {
  description = "The boundary of the role that writes the flow logs."
  type        = string
}
