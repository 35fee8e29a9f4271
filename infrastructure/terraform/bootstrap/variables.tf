variable "aws_account_id" {
  description = "The AWS account that everything is made in. Credentials of any other are refused."
  type        = string
  default     = "123456789012"

  validation {
    condition     = can(regex("^[0-9]{12}$", var.aws_account_id))
    error_message = "aws_account_id must be the 12 digits of an AWS account, as `aws sts get-caller-identity` prints them."
  }
}

variable "environment" {
  description = "Which environment this is. Each is in an account of its own, so names that the specification fixes are free in each; its settings are in environments/<environment>."
  type        = string
  default     = "prod"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.environment))
    error_message = "environment must be 2 to 12 letters and digits that begin with a letter, such as prod or staging."
  }
}

variable "state_history_days" {
  description = "How many days a replaced version of a state stays in the bucket. It is the way back after a mistake."
  type        = number
  default     = 90

  validation {
    condition     = var.state_history_days >= 30
    error_message = "state_history_days must be at least 30: a damaged state is not always noticed at once."
  }
}
