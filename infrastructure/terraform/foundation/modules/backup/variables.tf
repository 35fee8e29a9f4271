variable "name" {
  description = "The vault's name, and the prefix of the others."
  type        = string
}

variable "tags" {
  description = "The layer's tags: what has the same project and environment is backed up."
  type        = map(string)
}

variable "kms_key_arn" {
  description = "The key that encrypts the backups."
  type        = string
}

variable "retention_days" {
  description = "How long a backup is kept."
  type        = number
}

variable "permissions_boundary_arn" {
  description = "The boundary of the role."
  type        = string
}

variable "deletion_protection" {
  description = "Whether a vault that holds backups cannot be deleted."
  type        = bool
}
