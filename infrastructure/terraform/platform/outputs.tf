output "cluster_name" {
  description = "The cluster, for `aws eks update-kubeconfig`."
  value       = module.eks.cluster_name
}

output "cluster_endpoint" {
  description = "The address of the cluster's API."
  value       = module.eks.cluster_endpoint
}

output "database_hosts" {
  description = "The databases' host names; they listen on 5432."
  value       = { for name, database in module.rds : name => database.host }
}

output "database_master_secrets" {
  description = "The secrets that RDS keeps the masters' passwords in. The passwords are not here, nor in any state."
  sensitive   = true
  value       = { for name, database in module.rds : name => database.master_secret_arn }
}

output "hosts" {
  description = "The names that lead to the load balancer."
  value       = module.dns.hosts
}

# `make tf-values` writes it to infrastructure/config/values/production.yaml. Every value is a fact of
# these layers; the tag of the images is a release's, and the command adds it.
output "compose_gen_values" {
  description = "What compose-gen's production environment is filled with, as YAML."
  value = yamlencode({
    AWS_ACCOUNT_ID               = var.aws_account_id
    AWS_REGION                   = local.region
    CERTIFICATE_ARN              = data.terraform_remote_state.foundation.outputs.certificate_arn
    CIDRS_AIRFLOW                = join(",", local.host_cidrs["airflow"])
    CIDRS_API                    = join(",", local.host_cidrs["api"])
    CIDRS_GRAFANA                = join(",", local.host_cidrs["grafana"])
    CIDRS_PROMETHEUS             = join(",", local.host_cidrs["prometheus"])
    CIDRS_TRINO                  = join(",", local.host_cidrs["trino"])
    DOMAIN                       = data.terraform_remote_state.foundation.outputs.domain
    IDENTITY_PROVIDER            = jsonencode(var.load_balancer_identity_provider)
    LOAD_BALANCER_AUTHENTICATION = var.load_balancer_authentication
    LOAD_BALANCER_SECURITY_GROUP = module.alb.security_group_id
    RDS_AIRFLOW_HOST             = module.rds["airflow"].host
    RDS_METASTORE_HOST           = module.rds["metastore"].host
    REPOSITORY                   = data.terraform_remote_state.foundation.outputs.repository
  })
}
