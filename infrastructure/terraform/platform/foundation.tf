# What foundation has made. Each output is read by its name, so that a test can see which.

data "terraform_remote_state" "foundation" {
  backend = "s3"

  config = {
    bucket = "${local.project}-${var.aws_account_id}-terraform-state"
    key    = "foundation/terraform.tfstate"
    region = "us-east-1"
  }

  lifecycle {
    postcondition {
      condition     = can(self.outputs.vpc_id)
      error_message = "The foundation layer is not applied: run `make tf-apply LAYER=foundation` first."
    }
  }
}
