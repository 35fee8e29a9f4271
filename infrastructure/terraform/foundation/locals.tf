locals {
  project     = "rideshare"
  environment = var.environment
  # Names are <project>-<environment>-<purpose>, except those that the specification has fixed:
  # buckets, secrets, repositories, and the roles that are called like their service accounts.
  name = "${local.project}-${local.environment}"
  # CloudFront takes certificates from this region alone, and one certificate serves it and the ALB.
  region       = "us-east-1"
  namespace    = "rideshare-prod"
  cluster_name = local.name

  tags = {
    Project     = local.project
    Environment = local.environment
    Layer       = "foundation"
    ManagedBy   = "terraform"
  }
}
