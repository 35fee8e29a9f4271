module "vpc" {
  source = "./modules/vpc"

  name                     = local.name
  cluster_name             = local.cluster_name
  cidr                     = var.vpc_cidr
  availability_zones       = var.availability_zones
  nat_gateway_count        = var.nat_gateway_count
  flow_log_traffic         = var.flow_log_traffic
  log_retention_days       = var.log_retention_days
  kms_key_arn              = aws_kms_key.this.arn
  permissions_boundary_arn = module.iam.permissions_boundary_arn
}

module "route53" {
  source = "./modules/route53"

  domain           = var.domain
  existing_zone_id = var.hosted_zone_id
}

module "acm" {
  source = "./modules/acm"

  domain  = var.domain
  zone_id = module.route53.zone_id
}

module "s3" {
  source = "./modules/s3"

  deletion_protection = var.deletion_protection
  prefix              = "${local.project}-${var.aws_account_id}"
  account_id          = var.aws_account_id
  kms_key_arn         = aws_kms_key.this.arn
  lake_history_days   = var.lake_history_days
  log_retention_days  = var.log_retention_days
}

module "cloudfront" {
  source = "./modules/cloudfront"

  name            = local.name
  domain          = var.domain
  zone_id         = module.route53.zone_id
  certificate_arn = module.acm.certificate_arn
  bucket          = module.s3.frontend_bucket
  logs_bucket_arn = module.s3.logs_bucket.arn
  price_class     = var.cloudfront_price_class
}

module "ecr" {
  source = "./modules/ecr"

  kms_key_arn         = aws_kms_key.this.arn
  images_kept         = var.ecr_images_kept
  deletion_protection = var.deletion_protection
}

module "secrets_manager" {
  source = "./modules/secrets_manager"

  kms_key_arn   = aws_kms_key.this.arn
  recovery_days = var.secret_recovery_days
}

module "iam" {
  source = "./modules/iam"

  name                        = local.name
  environment                 = local.environment
  github_oidc_provider_exists = var.github_oidc_provider_exists
  github_apply                = var.github_apply
  account_id                  = var.aws_account_id
  region                      = local.region
  cluster_name                = local.cluster_name
  namespace                   = local.namespace
  lake_bucket_arns            = module.s3.lake_bucket_arns
  frontend_bucket_arn         = module.s3.frontend_bucket.arn
  distribution_arn            = module.cloudfront.distribution_arn
  origin_access_control_id    = module.cloudfront.origin_access_control_id
  vpc_id                      = module.vpc.vpc_id
  zone_id                     = module.route53.zone_id
  certificate_arn             = module.acm.certificate_arn
  secret_arns                 = module.secrets_manager.secret_arns
  kms_key_arn                 = aws_kms_key.this.arn
  infrastructure_repository   = var.github_repository
  application_repository      = var.application_repository
  state_bucket                = "${local.project}-${var.aws_account_id}-terraform-state"
  lock_table                  = "${local.project}-terraform-locks"
}

module "alarms" {
  source = "./modules/alarms"

  name               = local.name
  account_id         = var.aws_account_id
  kms_key_arn        = aws_kms_key.this.arn
  emails             = var.alarm_emails
  monthly_budget_usd = var.monthly_budget_usd
  nat_gateway_ids    = module.vpc.nat_gateway_ids
  backup_vault       = module.backup.vault
}

module "backup" {
  source = "./modules/backup"

  name                     = local.name
  tags                     = local.tags
  kms_key_arn              = aws_kms_key.this.arn
  retention_days           = var.backup_days
  permissions_boundary_arn = module.iam.permissions_boundary_arn
  deletion_protection      = var.deletion_protection
}
