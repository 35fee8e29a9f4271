# --- Read by the platform layer ------------------------------------------------------------------

output "vpc_id" {
  description = "The VPC."
  value       = module.vpc.vpc_id
}

output "private_subnet_ids" {
  description = "The subnets of nodes and pods."
  value       = module.vpc.private_subnet_ids
}

output "public_subnet_ids" {
  description = "The subnets of the load balancer."
  value       = module.vpc.public_subnet_ids
}

output "database_subnet_ids" {
  description = "The subnets of the databases."
  value       = module.vpc.database_subnet_ids
}

output "kms_key_arn" {
  description = "The key of everything that is stored."
  value       = aws_kms_key.this.arn
}

output "domain" {
  description = "The platform's domain."
  value       = var.domain
}

output "zone_id" {
  description = "The domain's hosted zone."
  value       = module.route53.zone_id
}

output "certificate_arn" {
  description = "The certificate of the domain and the names below it."
  value       = module.acm.certificate_arn
}

output "logs_bucket" {
  description = "The bucket of access logs."
  value       = module.s3.logs_bucket.id
}

output "permissions_boundary_arn" {
  description = "The boundary that every role must have."
  value       = module.iam.permissions_boundary_arn
}

output "pod_roles" {
  description = "The roles that pods take: ARN, and the one service account that each is for."
  value       = module.iam.pod_roles
}

output "operator_role_arn" {
  description = "The role of people who run the cluster."
  value       = module.iam.operator_role_arn
}

output "alarms_topic_arn" {
  description = "The topic of alarms."
  value       = module.alarms.topic_arn
}

output "repository" {
  description = "The repository that Argo CD watches."
  value       = "https://github.com/${var.github_repository}.git"
}

# --- Read by people, workflows and tests ---------------------------------------------------------

output "name_servers" {
  description = "The servers that the domain's registrar, or the parent zone, must name before the certificate is issued; none where the hosted zone was there before."
  value       = module.route53.name_servers
}

output "lake_buckets" {
  description = "The lake's buckets: name by layer."
  value       = module.s3.lake_buckets
}

output "export_dbt_target" {
  description = "Where export-dbt writes the layers silver and gold: its EXPORT_TARGET."
  value       = "s3://${local.project}-${var.aws_account_id}-{layer}/{table}"
}

output "frontend_bucket" {
  description = "Where the built pages go."
  value       = module.s3.frontend_bucket.id
}

output "distribution_id" {
  description = "The distribution of the pages, whose cache a release of them clears."
  value       = module.cloudfront.distribution_id
}

output "repository_urls" {
  description = "Where each image is pushed to and pulled from, by its name in the specification."
  value       = module.ecr.repository_urls
}

output "secret_arns" {
  description = "The platform's secrets, by name. Their values are not here, nor in any state."
  sensitive   = true
  value       = module.secrets_manager.secret_arns
}

output "secret_catalogue" {
  description = "The keys of each secret, and what a key's first value is made of, for `make eks-secrets`; no values."
  sensitive   = true
  value       = module.secrets_manager.catalogue
}

output "github_role_arns" {
  description = "The roles of GitHub's workflows: plan, inspect and apply for this repository, publish for the application's."
  value       = module.iam.github_role_arns
}
