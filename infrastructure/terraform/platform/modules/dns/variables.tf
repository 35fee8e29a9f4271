variable "zone_id" {
  description = "The domain's hosted zone."
  type        = string
}

variable "domain" {
  description = "The domain."
  type        = string
}

variable "hosts" {
  description = "The names below the domain that lead to the load balancer."
  type        = set(string)
}

variable "load_balancer" {
  description = "Where they lead."
  type = object({
    dns_name = string
    zone_id  = string
  })
}
