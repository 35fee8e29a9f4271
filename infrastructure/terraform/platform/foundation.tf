# The outputs of the foundation layer. Each output is read by its name, so that a test can see which, and compare
# them with this list.

locals {
  foundation_outputs = toset([
    "alarms_topic_arn",
    "certificate_arn",
    "database_subnet_ids",
    "domain",
    "kms_key_arn",
    "logs_bucket",
    "operator_role_arn",
    "permissions_boundary_arn",
    "pod_roles",
    "private_subnet_ids",
    "public_subnet_ids",
    "repository",
    "vpc_id",
    "zone_id",
  ])
}

data "terraform_remote_state" "foundation" {
  backend = "s3"

  config = {
    bucket = "${local.project}-${var.aws_account_id}-terraform-state"
    key    = "foundation/terraform.tfstate"
    region = "us-east-1"
  }

  lifecycle {
    postcondition {
      condition     = length(setsubtract(local.foundation_outputs, keys(self.outputs))) == 0
      error_message = "The foundation layer is not applied as it is here; it has no ${join(", ", setsubtract(local.foundation_outputs, keys(self.outputs)))}. Run `make tf-apply LAYER=foundation` first, to its end."
    }
  }
}
