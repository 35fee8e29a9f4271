variable "prefix" {
  description = "What every bucket's name begins with; bucket names are unique in the world, so it holds the account."
  type        = string
}

variable "account_id" {
  description = "The account whose load balancers and distributions deliver access logs."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that encrypts the lake."
  type        = string
}

variable "lake_history_days" {
  description = "How long deleted and replaced objects of the lake are kept."
  type        = number
}

variable "log_retention_days" {
  description = "How long access logs are kept."
  type        = number
}

variable "deletion_protection" {
  description = "Whether what holds something cannot be deleted."
  type        = bool
}
