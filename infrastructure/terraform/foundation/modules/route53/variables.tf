variable "domain" {
  description = "The zone's name."
  type        = string
}

variable "existing_zone_id" {
  description = "The hosted zone that is there already; empty where one is made."
  type        = string
}
