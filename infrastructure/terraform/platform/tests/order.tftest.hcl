# Foundation is not applied, or was destroyed: its state is there and empty.

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
