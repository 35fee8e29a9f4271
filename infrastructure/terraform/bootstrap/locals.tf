locals {
  project     = "rideshare"
  environment = var.environment
  region      = "us-east-1"

  state_bucket = "${local.project}-${var.aws_account_id}-terraform-state"
  lock_table   = "${local.project}-terraform-locks"

  tags = {
    Project     = local.project
    Environment = local.environment
    Layer       = "bootstrap"
    ManagedBy   = "terraform"
  }
}
