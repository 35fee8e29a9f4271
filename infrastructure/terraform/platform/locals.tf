locals {
  project     = "rideshare"
  environment = var.environment
  # Names are <project>-<environment>-<purpose>. The cluster is called so, too: foundation's roles
  # trust it by name.
  name   = "${local.project}-${local.environment}"
  region = "us-east-1"

  tags = {
    Project     = local.project
    Environment = local.environment
    Layer       = "platform"
    ManagedBy   = "terraform"
  }
}
