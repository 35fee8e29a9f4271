# Foundation is not applied, or was destroyed: its state is there and empty. Or its apply was broken off.

mock_provider "aws" {}

override_data {
  target = data.terraform_remote_state.foundation
  values = {
    outputs = {}
  }
}

run "platform_before_foundation" {
  command = plan

  expect_failures = [data.terraform_remote_state.foundation]
}

run "platform_on_half_a_foundation" {
  command = plan

  override_data {
    target = data.terraform_remote_state.foundation
    values = {
      outputs = {
        vpc_id             = "vpc-00000000000000001"
        private_subnet_ids = ["subnet-00000000000000001", "subnet-00000000000000002"]
      }
    }
  }

  expect_failures = [data.terraform_remote_state.foundation]
}
