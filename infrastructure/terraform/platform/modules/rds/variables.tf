variable "name" {
  description = "The instance's name."
  type        = string
}

variable "database" {
  description = "The database in it."
  type        = string
}

variable "vpc_id" {
  description = "The VPC."
  type        = string
}

variable "subnet_ids" {
  description = "The subnets without a way out."
  type        = list(string)
}

variable "client_security_group" {
  description = "The only group that reaches the database."
  type        = string
}

variable "kms_key_arn" {
  description = "The key of the storage, the snapshots, the logs and the master's secret."
  type        = string
}

variable "instance_class" {
  description = "The instance's class."
  type        = string
}

variable "engine_version" {
  description = "The major version of PostgreSQL."
  type        = string
}

variable "major_upgrade" {
  description = "Whether another major version may be taken, and at once instead of in the maintenance window."
  type        = bool
}

variable "multi_az" {
  description = "Whether there is a standby in another zone."
  type        = bool
}

variable "backup_retention_period" {
  description = "Days of backups."
  type        = number
}

variable "snapshot" {
  description = "The snapshot that the instance is made from; null for an empty one."
  type        = string
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the instance."
  type        = bool
}

variable "log_retention_days" {
  description = "How long logs are kept."
  type        = number
}
