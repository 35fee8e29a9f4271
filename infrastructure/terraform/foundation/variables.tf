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

variable "domain" {
  description = "The platform's domain. Its pages are here, its services at api., grafana., airflow., trino. and prometheus. below it."
  type        = string
  default     = "rideshare.example.com"

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain)) && length(var.domain) <= 230
    error_message = "domain must be a domain name in lower case without a trailing dot, such as rideshare.example.com."
  }
}

variable "hosted_zone_id" {
  description = "The public hosted zone that the names are made in, if there is one already: the domain's own, or that of a domain above it. Empty: foundation makes one."
  type        = string
  default     = ""

  validation {
    condition     = var.hosted_zone_id == "" || can(regex("^[A-Z0-9]{8,32}$", var.hosted_zone_id))
    error_message = "hosted_zone_id must be empty, or the id of a hosted zone such as Z0123456789ABCDEFGHIJ, as `aws route53 list-hosted-zones` prints it behind /hostedzone/."
  }
}

variable "github_repository" {
  description = "This repository, as owner/name: its workflows plan and apply, and Argo CD watches it."
  type        = string
  default     = "example/rideshare-infra"

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "github_repository must be owner/name, such as example/rideshare-infra, without wildcards."
  }
}

variable "application_repository" {
  description = "The repository whose workflows publish images and pages, as owner/name."
  type        = string
  default     = "example/rideshare"

  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.application_repository))
    error_message = "application_repository must be owner/name, such as example/rideshare, without wildcards."
  }
}

variable "github_oidc_provider_exists" {
  description = "Whether the account has GitHub's OIDC provider already; AWS takes one of each address. It is then used as it is, and neither changed nor deleted."
  type        = bool
  default     = false
}

variable "github_apply" {
  description = "Whether a workflow may apply. Only an environment with required reviewers keeps everybody who can push from applying; without them, as on GitHub's free plan for private repositories, this is false: there is no role that applies, and a person applies the reviewed plan."
  type        = bool
  default     = true
}

variable "vpc_cidr" {
  description = "The addresses of the VPC, a /16 to /18: pods take theirs from the private subnets."
  type        = string
  default     = "10.0.0.0/16"

  validation {
    condition     = can(cidrhost(var.vpc_cidr, 0)) && can(regex("/1[6-8]$", var.vpc_cidr)) && try(cidrhost(var.vpc_cidr, 0) == split("/", var.vpc_cidr)[0], false)
    error_message = "vpc_cidr must be the first address of a block and a prefix length of 16 to 18, such as 10.0.0.0/16."
  }
}

variable "availability_zones" {
  description = "The zones to use. EKS and RDS want two at least; a third keeps the cluster up while one is down. The first ones have the NAT gateways: add a zone at the end."
  type        = list(string)
  default     = ["us-east-1a", "us-east-1b", "us-east-1c"]

  validation {
    condition     = length(distinct(var.availability_zones)) == length(var.availability_zones) && length(var.availability_zones) >= 2 && length(var.availability_zones) <= 4
    error_message = "availability_zones must be 2 to 4 different zones."
  }

  validation {
    # EKS has no control plane in us-east-1e.
    condition     = alltrue([for zone in var.availability_zones : can(regex("^us-east-1[abcdf]$", zone))])
    error_message = "availability_zones must be zones of us-east-1 that EKS runs in: a, b, c, d or f."
  }
}

variable "nat_gateway_count" {
  description = "NAT gateways. Each costs $0.045 an hour: one is enough until the loss of its zone must not cut the others off from the internet; then one a zone."
  type        = number
  default     = 1

  validation {
    condition     = var.nat_gateway_count >= 1 && var.nat_gateway_count == floor(var.nat_gateway_count) && var.nat_gateway_count <= length(var.availability_zones)
    error_message = "nat_gateway_count must be a whole number from 1 to the number of availability_zones."
  }
}

variable "flow_log_traffic" {
  description = "Which of the VPC's connections are logged: ALL, ACCEPT or REJECT. CloudWatch takes $0.50 for each GB, and a connection is a record every ten minutes. What was accepted is how a break-in is followed; REJECT costs little, and shows scans alone."
  type        = string
  default     = "ALL"

  validation {
    condition     = contains(["ALL", "ACCEPT", "REJECT"], var.flow_log_traffic)
    error_message = "flow_log_traffic must be ALL, ACCEPT or REJECT."
  }
}

variable "log_retention_days" {
  description = "How long logs are kept, those of the VPC's traffic and the bucket of access logs. A year, because a break-in is often found late."
  type        = number
  default     = 365

  validation {
    condition     = contains([365, 400, 545, 731, 1096, 1827], var.log_retention_days)
    error_message = "log_retention_days must be one of 365, 400, 545, 731, 1096 and 1827, which CloudWatch offers."
  }
}

variable "lake_history_days" {
  description = "How long deleted and replaced objects of the lake can be brought back. Each day costs the storage of what vacuum and compaction remove."
  type        = number
  default     = 7

  validation {
    condition     = var.lake_history_days >= 1
    error_message = "lake_history_days must be at least 1."
  }
}

variable "ecr_images_kept" {
  description = "How many tags of each repository are kept: the way back to older releases."
  type        = number
  default     = 20

  validation {
    condition     = var.ecr_images_kept >= 5
    error_message = "ecr_images_kept must be at least 5: the image that runs must never be the one that expires."
  }
}

variable "secret_recovery_days" {
  description = "How long a deleted secret can be brought back; its name stays taken for as long. 0 deletes at once, for a tear-down that is to be followed by a new start."
  type        = number
  default     = 7

  validation {
    condition     = var.secret_recovery_days == 0 || (var.secret_recovery_days >= 7 && var.secret_recovery_days <= 30)
    error_message = "secret_recovery_days must be 0, or 7 to 30, which is what Secrets Manager offers."
  }
}

variable "backup_days" {
  description = "How long the daily backups of the cluster's volumes and of the databases are kept. $0.05 a GiB and month for volumes, of which each backup holds what has changed; $0.095 for databases."
  type        = number
  default     = 35

  validation {
    condition     = var.backup_days >= 7 && var.backup_days == floor(var.backup_days)
    error_message = "backup_days must be a whole number of at least 7: damage is not always noticed at once."
  }
}

variable "alarm_emails" {
  description = "Who gets the alarms and the warnings of the budget. Each address gets one message first, and none before its link is followed."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.alarm_emails : can(regex("^[A-Za-z0-9._+-]+@([A-Za-z0-9-]+\\.)+[A-Za-z]{2,}$", email))])
    error_message = "alarm_emails must be e-mail addresses such as operations@example.com."
  }
}

variable "monthly_budget_usd" {
  description = "What the account may cost a month, in dollars. Nothing is stopped: 80% of it and a forecast above it raise an alarm."
  type        = number
  default     = 700

  validation {
    condition     = var.monthly_budget_usd >= 1
    error_message = "monthly_budget_usd must be at least 1."
  }
}

variable "cloudfront_price_class" {
  description = "Which of CloudFront's locations serve the pages. North America and Europe are the cheapest; PriceClass_All adds South America."
  type        = string
  default     = "PriceClass_100"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.cloudfront_price_class)
    error_message = "cloudfront_price_class must be PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "deletion_protection" {
  description = "Whether buckets and repositories that hold something cannot be deleted. A tear-down sets it to false first."
  type        = bool
  default     = true
}
