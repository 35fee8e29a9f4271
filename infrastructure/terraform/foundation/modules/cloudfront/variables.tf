variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "domain" {
  description = "Where the pages are."
  type        = string
}

variable "zone_id" {
  description = "The domain's hosted zone."
  type        = string
}

variable "certificate_arn" {
  description = "The domain's certificate, in us-east-1."
  type        = string
}

variable "bucket" {
  description = "The bucket of the built pages."
  type = object({
    id          = string
    arn         = string
    domain_name = string
  })
}

variable "logs_bucket_arn" {
  description = "The bucket of access logs."
  type        = string
}

variable "price_class" {
  description = "Which of CloudFront's locations serve the pages."
  type        = string
}
