variable "domain" {
  description = "The zone's name."
  type        = string
}
