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

variable "kubernetes_version" {
  description = "The cluster's version. It is raised by one minor version at a time, before its standard support ends: 1.35's does on 27 March 2027. From then on a cluster would cost $0.60 an hour instead of $0.10; ours is upgraded by AWS instead."
  type        = string
  default     = "1.35"

  validation {
    condition     = can(regex("^1\\.[0-9]{2}$", var.kubernetes_version)) && tonumber(split(".", var.kubernetes_version)[1]) >= 32
    error_message = "kubernetes_version must be a minor version such as 1.35, and 1.32 at least, which the manifests are checked against."
  }
}

variable "cluster_endpoint_cidrs" {
  description = "Where the cluster's API is reached from, besides the VPC: the office or the VPN. Empty: from the VPC alone."
  type        = list(string)
  default     = ["203.0.113.0/24"]

  validation {
    # Only IPv4 has netmasks.
    condition     = alltrue([for cidr in var.cluster_endpoint_cidrs : can(cidrnetmask(cidr))])
    error_message = "cluster_endpoint_cidrs must be blocks of IPv4 addresses such as 203.0.113.0/24; a single address ends in /32."
  }

  validation {
    condition     = alltrue([for cidr in var.cluster_endpoint_cidrs : try(cidrhost(cidr, 0) == split("/", cidr)[0], false)])
    error_message = "cluster_endpoint_cidrs must be written with the first address of each block, such as 203.0.113.0/24."
  }

  validation {
    condition     = alltrue([for cidr in var.cluster_endpoint_cidrs : try(tonumber(split("/", cidr)[1]) >= 16, false)])
    error_message = "cluster_endpoint_cidrs must be /16 or smaller: the cluster's API is not for the whole internet. Take an empty list and a VPN where no fixed address is to be had."
  }
}

variable "api_cidrs" {
  description = "Where the API is reached from. It asks for a key; 0.0.0.0/0 is everybody."
  type        = list(string)
  default     = ["203.0.113.0/24"]

  validation {
    # A rule of the load balancer takes five values; two of them are the host and the path.
    condition     = length(var.api_cidrs) >= 1 && length(var.api_cidrs) <= 3 && alltrue([for cidr in var.api_cidrs : can(cidrnetmask(cidr))])
    error_message = "api_cidrs must be one to three blocks of IPv4 addresses such as 203.0.113.0/24, or 0.0.0.0/0 for everybody."
  }

  validation {
    # EC2 cuts the rest off, and each plan would find a difference.
    condition     = alltrue([for cidr in var.api_cidrs : try(cidrhost(cidr, 0) == split("/", cidr)[0], false)])
    error_message = "api_cidrs must be written with the first address of each block, such as 203.0.113.0/24."
  }
}

variable "grafana_cidrs" {
  description = "Where Grafana is reached from. It asks for a password; 0.0.0.0/0 is everybody."
  type        = list(string)
  default     = ["203.0.113.0/24"]

  validation {
    # A rule of the load balancer takes five values; two of them are the host and the path.
    condition     = length(var.grafana_cidrs) >= 1 && length(var.grafana_cidrs) <= 3 && alltrue([for cidr in var.grafana_cidrs : can(cidrnetmask(cidr))])
    error_message = "grafana_cidrs must be one to three blocks of IPv4 addresses such as 203.0.113.0/24, or 0.0.0.0/0 for everybody."
  }

  validation {
    # EC2 cuts the rest off, and each plan would find a difference.
    condition     = alltrue([for cidr in var.grafana_cidrs : try(cidrhost(cidr, 0) == split("/", cidr)[0], false)])
    error_message = "grafana_cidrs must be written with the first address of each block, such as 203.0.113.0/24."
  }
}

variable "airflow_cidrs" {
  description = "Where Airflow is reached from: the office or the VPN. Who is in runs code beside the lake."
  type        = list(string)
  default     = ["203.0.113.0/24"]

  validation {
    # A rule of the load balancer takes five values; two of them are the host and the path.
    condition     = length(var.airflow_cidrs) >= 1 && length(var.airflow_cidrs) <= 3 && alltrue([for cidr in var.airflow_cidrs : can(cidrnetmask(cidr))])
    error_message = "airflow_cidrs must be one to three blocks of IPv4 addresses such as 203.0.113.0/24; a single address ends in /32."
  }

  validation {
    # EC2 cuts the rest off, and each plan would find a difference.
    condition     = alltrue([for cidr in var.airflow_cidrs : try(cidrhost(cidr, 0) == split("/", cidr)[0], false)])
    error_message = "airflow_cidrs must be written with the first address of each block, such as 203.0.113.0/24."
  }

  validation {
    condition     = alltrue([for cidr in var.airflow_cidrs : try(tonumber(split("/", cidr)[1]) >= 16, false)])
    error_message = "airflow_cidrs must be /16 or smaller: Airflow runs code, and is not for the whole internet."
  }
}

variable "prometheus_cidrs" {
  description = "Where Prometheus is reached from: the office or the VPN. It asks for no password."
  type        = list(string)
  default     = ["203.0.113.0/24"]

  validation {
    # A rule of the load balancer takes five values; two of them are the host and the path.
    condition     = length(var.prometheus_cidrs) >= 1 && length(var.prometheus_cidrs) <= 3 && alltrue([for cidr in var.prometheus_cidrs : can(cidrnetmask(cidr))])
    error_message = "prometheus_cidrs must be one to three blocks of IPv4 addresses such as 203.0.113.0/24; a single address ends in /32."
  }

  validation {
    # EC2 cuts the rest off, and each plan would find a difference.
    condition     = alltrue([for cidr in var.prometheus_cidrs : try(cidrhost(cidr, 0) == split("/", cidr)[0], false)])
    error_message = "prometheus_cidrs must be written with the first address of each block, such as 203.0.113.0/24."
  }

  validation {
    condition     = alltrue([for cidr in var.prometheus_cidrs : try(tonumber(split("/", cidr)[1]) >= 16, false)])
    error_message = "prometheus_cidrs must be /16 or smaller: Prometheus asks for no password, and is not for the whole internet."
  }
}

variable "trino_cidrs" {
  description = "Where Trino is reached from: the office or the VPN. It asks for no password, and reads and writes the whole lake."
  type        = list(string)
  default     = ["203.0.113.0/24"]

  validation {
    # A rule of the load balancer takes five values; two of them are the host and the path.
    condition     = length(var.trino_cidrs) >= 1 && length(var.trino_cidrs) <= 3 && alltrue([for cidr in var.trino_cidrs : can(cidrnetmask(cidr))])
    error_message = "trino_cidrs must be one to three blocks of IPv4 addresses such as 203.0.113.0/24; a single address ends in /32."
  }

  validation {
    # EC2 cuts the rest off, and each plan would find a difference.
    condition     = alltrue([for cidr in var.trino_cidrs : try(cidrhost(cidr, 0) == split("/", cidr)[0], false)])
    error_message = "trino_cidrs must be written with the first address of each block, such as 203.0.113.0/24."
  }

  validation {
    condition     = alltrue([for cidr in var.trino_cidrs : try(tonumber(split("/", cidr)[1]) >= 16, false)])
    error_message = "trino_cidrs must be /16 or smaller: Trino asks for no password, and is not for the whole internet."
  }
}

variable "load_balancer_authentication" {
  description = "Whether the load balancer asks who somebody is before Airflow, Grafana, Prometheus and Trino see the request: none, cognito or oidc. A browser follows it to the identity provider; Trino's command line and drivers do not."
  type        = string
  default     = "none"

  validation {
    condition     = contains(["none", "cognito", "oidc"], var.load_balancer_authentication)
    error_message = "load_balancer_authentication must be none, cognito or oidc."
  }
}

variable "load_balancer_identity_provider" {
  description = "Who the load balancer asks. For cognito: userPoolARN, userPoolClientID and userPoolDomain, of a pool that is there. For oidc: issuer, authorizationEndpoint, tokenEndpoint, userInfoEndpoint, and secretName, a Secret of the cluster with clientID and clientSecret. No password belongs here."
  type        = map(string)
  default     = {}

  validation {
    condition = join(" ", keys(var.load_balancer_identity_provider)) == lookup({
      cognito = "userPoolARN userPoolClientID userPoolDomain"
      oidc    = "authorizationEndpoint issuer secretName tokenEndpoint userInfoEndpoint"
    }, var.load_balancer_authentication, "")
    error_message = "load_balancer_identity_provider must have userPoolARN, userPoolClientID and userPoolDomain for cognito; authorizationEndpoint, issuer, secretName, tokenEndpoint and userInfoEndpoint for oidc; and nothing for none."
  }

  validation {
    condition     = alltrue([for value in values(var.load_balancer_identity_provider) : can(regex("^[A-Za-z0-9_./:-]+$", value))])
    error_message = "load_balancer_identity_provider must have values of letters, digits and _./:- alone."
  }
}

variable "node_instance_type" {
  description = "The nodes' type. The platform asks for 14 GiB of memory; three t3.xlarge of 16 GiB run it with one node lost and Spark beside it. $0.1664 an hour each. Another type makes a second group of nodes and then drains the first: each pod moves once, and until then the account's quota (L-1216C47A) must hold both. A newer release of the nodes also starts up to two more nodes a zone first."
  type        = string
  default     = "t3.xlarge"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]*\\.[a-z0-9-]+$", var.node_instance_type))
    error_message = "node_instance_type must be an EC2 instance type such as t3.xlarge."
  }

  validation {
    # Graviton's types have a g behind the generation: t4g, m7gd, c6gn, x2gd, im4gn. The first was a1.
    condition     = !can(regex("^(a1|[a-z]+[0-9]+g[a-z]*)\\.", var.node_instance_type))
    error_message = "node_instance_type must be of x86: the nodes' image (ami_type) and the platform's own images are, and would not start on ARM."
  }
}

variable "node_count" {
  description = "How many nodes: one a zone, and as many as infrastructure/platform/environments.yaml counts memory for."
  type        = number
  default     = 3

  validation {
    condition     = var.node_count >= 2 && var.node_count == floor(var.node_count)
    error_message = "node_count must be a whole number of at least 2: with one node every upgrade is an outage."
  }
}

variable "node_disk_gib" {
  description = "Each node's disk, for images and logs; volumes of services are apart. $0.08 a GiB and month."
  type        = number
  default     = 50

  validation {
    condition     = var.node_disk_gib >= 30
    error_message = "node_disk_gib must be at least 30: the platform's images alone take 15 GiB."
  }
}

variable "database_instance_class" {
  description = "The class of both databases. Airflow with four tasks at a time and a metastore keep well within 1 GiB. $0.016 an hour each."
  type        = string
  default     = "db.t4g.micro"

  validation {
    condition     = can(regex("^db\\.[a-z0-9]+\\.[a-z0-9]+$", var.database_instance_class))
    error_message = "database_instance_class must be an RDS class such as db.t4g.micro."
  }
}

variable "database_version" {
  description = "The major version of PostgreSQL of both databases; RDS takes minor versions by itself. A higher one also needs database_major_upgrade, and is not taken back."
  type        = string
  default     = "16"

  validation {
    condition     = contains(["16", "17"], var.database_version)
    error_message = "database_version must be 16 or 17: the major versions that the services are tested with, and that RDS supports."
  }
}

variable "database_major_upgrade" {
  description = "Whether an apply may upgrade the databases to another major version, at once. It is true for that apply alone."
  type        = bool
  default     = false
}

variable "database_multi_az" {
  description = "A standby in another zone. It doubles the databases' price and saves the minutes of a restore: pipelines wait, and riders do not notice."
  type        = bool
  default     = false
}

variable "database_backup_days" {
  description = "How far back the databases can be restored to."
  type        = number
  default     = 7

  validation {
    condition     = var.database_backup_days >= 7 && var.database_backup_days <= 35
    error_message = "database_backup_days must be 7 to 35, which is the most that RDS keeps."
  }
}

variable "database_snapshots" {
  description = "The snapshot that a database is made from, by the database's name, after a tear-down. It counts while the database is made, and never again; empty as soon as it is there, so that the next new start does not find it."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(setsubtract(keys(var.database_snapshots), ["airflow", "metastore"])) == 0
    error_message = "database_snapshots must be for the databases airflow and metastore, such as { airflow = \"rideshare-prod-airflow-final-20270101120000\" }."
  }

  validation {
    condition     = alltrue([for name, snapshot in var.database_snapshots : can(regex("^(rideshare-${var.environment}-${name}-[a-zA-Z0-9-]+|awsbackup:job-[0-9a-f-]+)$", snapshot))])
    error_message = "database_snapshots must be snapshots of the same database, whose names begin with rideshare-<environment>-<database>-, as final ones do and copies have to; or recovery points of AWS Backup, which begin with awsbackup:job-."
  }
}

variable "deletion_protection" {
  description = "Whether AWS refuses to delete the databases and the load balancer. A tear-down sets it to false first."
  type        = bool
  default     = true
}

variable "cluster_log_types" {
  description = "Which of the control plane's logs are kept. CloudWatch takes $0.50 for each GB: audit is most of it, and is what an investigation asks for; a cluster for trying things does with [\"audit\", \"authenticator\"], or with none."
  type        = list(string)
  default     = ["api", "audit", "authenticator", "controllerManager", "scheduler"]

  validation {
    condition     = length(setsubtract(var.cluster_log_types, ["api", "audit", "authenticator", "controllerManager", "scheduler"])) == 0
    error_message = "cluster_log_types must be some of api, audit, authenticator, controllerManager and scheduler, or an empty list."
  }
}

variable "log_retention_days" {
  description = "How long the cluster's and the databases' logs are kept. A year, because a break-in is often found late."
  type        = number
  default     = 365

  validation {
    condition     = contains([365, 400, 545, 731, 1096, 1827], var.log_retention_days)
    error_message = "log_retention_days must be one of 365, 400, 545, 731, 1096 and 1827, which CloudWatch offers."
  }
}
