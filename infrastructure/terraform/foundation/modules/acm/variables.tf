variable "domain" {
  description = "The certificate is for this domain and every name below it."
  type        = string
}

variable "zone_id" {
  description = "The hosted zone in which ownership is proved."
  type        = string
}
