variable "name" {
  description = "Prefix of every name that is not fixed by the specification."
  type        = string
}

variable "environment" {
  description = "Which environment this is; GitHub's environment for prod is called production."
  type        = string
}

variable "github_oidc_provider_exists" {
  description = "Whether the account has GitHub's OIDC provider already."
  type        = bool
}

variable "github_apply" {
  description = "Whether there is a role for a workflow that applies."
  type        = bool
}

variable "account_id" {
  description = "The account."
  type        = string
}

variable "region" {
  description = "The region that everything is in."
  type        = string
}

variable "cluster_name" {
  description = "The EKS cluster, which the platform layer makes later, whose pods may take the roles."
  type        = string
}

variable "namespace" {
  description = "The namespace of the platform's pods."
  type        = string
}

variable "lake_bucket_arns" {
  description = "The lake's buckets: ARN by layer."
  type        = map(string)
}

variable "frontend_bucket_arn" {
  description = "The bucket of the built pages."
  type        = string
}

variable "distribution_arn" {
  description = "The distribution of the built pages."
  type        = string
}

variable "secret_arns" {
  description = "The platform's secrets, by name."
  type        = map(string)
}

variable "kms_key_arn" {
  description = "The key of everything that is stored."
  type        = string
}

variable "infrastructure_repository" {
  description = "The GitHub repository that plans and applies, as owner/name."
  type        = string
}

variable "application_repository" {
  description = "The GitHub repository that publishes images and pages, as owner/name."
  type        = string
}

variable "state_bucket" {
  description = "The bucket of the states."
  type        = string
}

variable "lock_table" {
  description = "The table of the states' locks."
  type        = string
}

variable "vpc_id" {
  description = "The VPC, in which alone the workflow that applies changes security groups."
  type        = string
}

variable "zone_id" {
  description = "The domain's hosted zone."
  type        = string
}

variable "certificate_arn" {
  description = "The domain's certificate."
  type        = string
}

variable "origin_access_control_id" {
  description = "What signs the distribution's requests."
  type        = string
}
