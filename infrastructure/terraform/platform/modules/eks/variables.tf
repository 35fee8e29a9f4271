variable "name" {
  description = "The cluster's name."
  type        = string
}

variable "kubernetes_version" {
  description = "The cluster's minor version."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "The private subnets of the nodes and of the control plane's interfaces."
  type        = list(string)
}

variable "endpoint_cidrs" {
  description = "Where the API is reached from besides the VPC; none when empty."
  type        = list(string)
}

variable "admin_role_arn" {
  description = "The role that administers the cluster."
  type        = string
}

variable "pod_roles" {
  description = "The roles that pods take, and the one service account that each is for."
  type = map(object({
    arn             = string
    namespace       = string
    service_account = string
  }))
}

variable "kms_key_arn" {
  description = "The key of the cluster's secrets and logs."
  type        = string
}

variable "permissions_boundary_arn" {
  description = "The boundary of the cluster's and the nodes' roles."
  type        = string
}

variable "node_instance_type" {
  description = "The nodes' EC2 instance type. Another one replaces the node group: both are there for a while."
  type        = string
}

variable "node_count" {
  description = "How many nodes."
  type        = number
}

variable "node_disk_gib" {
  description = "Size of each node's disk."
  type        = number
}

variable "log_types" {
  description = "Which of the control plane's logs are kept."
  type        = list(string)
}

variable "log_retention_days" {
  description = "How long the control plane's logs are kept."
  type        = number
}
