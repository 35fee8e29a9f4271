variable "kms_key_arn" {
  description = "The key that encrypts the secrets."
  type        = string
}

variable "recovery_days" {
  description = "How long a deleted secret can be brought back."
  type        = number
}
