variable "name" {
  description = "Prefix of every name."
  type        = string
}

variable "account_id" {
  description = "The account whose alarms and budget the topic takes."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that encrypts the messages."
  type        = string
}

variable "emails" {
  description = "Who gets the alarms."
  type        = list(string)
}

variable "monthly_budget_usd" {
  description = "What the account may cost a month, in dollars."
  type        = number
}

variable "nat_gateway_ids" {
  description = "The NAT gateways, by their zones."
  type        = map(string)
}

variable "backup_vault" {
  description = "The vault whose backups are watched."
  type        = string
}
