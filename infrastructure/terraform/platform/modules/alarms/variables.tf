variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "topic_arn" {
  description = "The topic that alarms go to."
  type        = string
}

variable "databases" {
  description = "The instances, by what they are called here."
  type        = map(string)
}

variable "load_balancer" {
  description = "The load balancer, as CloudWatch names it."
  type        = string
}
