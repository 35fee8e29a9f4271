variable "kms_key_arn" {
  description = "The key that encrypts the images."
  type        = string
}

variable "images_kept" {
  description = "How many tags of each repository are kept."
  type        = number
}

variable "deletion_protection" {
  description = "Whether what holds something cannot be deleted."
  type        = bool
}
