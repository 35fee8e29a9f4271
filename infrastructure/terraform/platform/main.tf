module "eks" {
  source = "./modules/eks"

  name                     = local.name
  kubernetes_version       = var.kubernetes_version
  vpc_id                   = data.terraform_remote_state.foundation.outputs.vpc_id
  subnet_ids               = data.terraform_remote_state.foundation.outputs.private_subnet_ids
  endpoint_cidrs           = var.cluster_endpoint_cidrs
  admin_role_arn           = data.terraform_remote_state.foundation.outputs.operator_role_arn
  pod_roles                = data.terraform_remote_state.foundation.outputs.pod_roles
  kms_key_arn              = data.terraform_remote_state.foundation.outputs.kms_key_arn
  permissions_boundary_arn = data.terraform_remote_state.foundation.outputs.permissions_boundary_arn
  node_instance_type       = var.node_instance_type
  node_count               = var.node_count
  node_disk_gib            = var.node_disk_gib
  log_types                = var.cluster_log_types
  log_retention_days       = var.log_retention_days
}

module "rds" {
  source   = "./modules/rds"
  for_each = local.databases

  name                    = "${local.name}-${each.key}"
  database                = each.key
  vpc_id                  = data.terraform_remote_state.foundation.outputs.vpc_id
  subnet_ids              = data.terraform_remote_state.foundation.outputs.database_subnet_ids
  client_security_group   = module.eks.node_security_group_id
  kms_key_arn             = data.terraform_remote_state.foundation.outputs.kms_key_arn
  instance_class          = var.database_instance_class
  engine_version          = var.database_version
  major_upgrade           = var.database_major_upgrade
  multi_az                = var.database_multi_az
  backup_retention_period = var.database_backup_days
  snapshot                = lookup(var.database_snapshots, each.key, null)
  deletion_protection     = var.deletion_protection
  log_retention_days      = var.log_retention_days
}

module "alb" {
  source = "./modules/alb"

  name                   = local.name
  ingress_group          = local.ingress_group
  vpc_id                 = data.terraform_remote_state.foundation.outputs.vpc_id
  subnet_ids             = data.terraform_remote_state.foundation.outputs.public_subnet_ids
  allowed_cidrs          = distinct(flatten(values(local.host_cidrs)))
  authenticates          = var.load_balancer_authentication != "none"
  node_security_group_id = module.eks.node_security_group_id
  logs_bucket            = data.terraform_remote_state.foundation.outputs.logs_bucket
  deletion_protection    = var.deletion_protection
}

module "dns" {
  source = "./modules/dns"

  zone_id       = data.terraform_remote_state.foundation.outputs.zone_id
  domain        = data.terraform_remote_state.foundation.outputs.domain
  hosts         = local.hosts
  load_balancer = module.alb.load_balancer
}

module "alarms" {
  source = "./modules/alarms"

  name          = local.name
  topic_arn     = data.terraform_remote_state.foundation.outputs.alarms_topic_arn
  databases     = { for name, database in module.rds : name => database.identifier }
  load_balancer = module.alb.load_balancer.arn_suffix
}

locals {
  # Where each host is reached from. The load balancer's security group lets all of them in, and its rules tell them
  # apart: the overlay has a list for each host.
  host_cidrs = {
    airflow    = var.airflow_cidrs
    api        = var.api_cidrs
    grafana    = var.grafana_cidrs
    prometheus = var.prometheus_cidrs
    trino      = var.trino_cidrs
  }

  # Facts that the specification fixes; a test compares them with infrastructure/platform.
  databases     = toset(["airflow", "metastore"])
  ingress_group = "rideshare"
  hosts         = toset(["airflow", "api", "grafana", "prometheus", "trino"])
}
