variable "name" {
  description = "The load balancer's name; the cluster has the same."
  type        = string
}

variable "ingress_group" {
  description = "The Ingress group of the manifests, which shares the load balancer."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "The public subnets."
  type        = list(string)
}

variable "allowed_cidrs" {
  description = "Where it is reached from."
  type        = list(string)
}

variable "authenticates" {
  description = "Whether it asks an identity provider who somebody is."
  type        = bool
}

variable "node_security_group_id" {
  description = "The group of the pods that it hands requests to."
  type        = string
}

variable "logs_bucket" {
  description = "The bucket of access logs."
  type        = string
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete it."
  type        = bool
}
