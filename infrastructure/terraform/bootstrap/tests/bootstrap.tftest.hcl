# No account and no network: the provider is a mock that makes up what AWS would answer.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
    }
  }
}

# Planned only: the bucket and the table must not be destroyed, and a test would have to.
run "state_is_kept_safe" {
  command = plan

  assert {
    condition     = aws_s3_bucket.state.bucket == "rideshare-${var.aws_account_id}-terraform-state"
    error_message = "The state bucket must be named after the project and the account."
  }

  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "The way back after a mistake is an old version."
  }

  assert {
    condition = (
      aws_s3_bucket_public_access_block.state.block_public_acls &&
      aws_s3_bucket_public_access_block.state.block_public_policy &&
      aws_s3_bucket_public_access_block.state.ignore_public_acls &&
      aws_s3_bucket_public_access_block.state.restrict_public_buckets
    )
    error_message = "Nothing in the state bucket may ever be public."
  }

  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.state.rule[0].noncurrent_version_expiration[0].noncurrent_days == var.state_history_days
    error_message = "Old versions must expire."
  }

  assert {
    condition     = aws_dynamodb_table.locks.hash_key == "LockID" && aws_dynamodb_table.locks.point_in_time_recovery[0].enabled && aws_dynamodb_table.locks.server_side_encryption[0].enabled
    error_message = "The S3 backend locks by the key LockID; the table is encrypted and can be restored."
  }

  assert {
    condition     = output.init_commands["platform"] == "terraform -chdir=infrastructure/terraform/platform init -backend-config=bucket=${aws_s3_bucket.state.bucket}"
    error_message = "The init command must name the state bucket."
  }
}

run "tls_only" {
  command = plan

  assert {
    condition     = data.aws_iam_policy_document.state.statement[0].effect == "Deny" && one(data.aws_iam_policy_document.state.statement[0].condition).variable == "aws:SecureTransport"
    error_message = "Requests without TLS must be denied."
  }
}

run "an_account_is_12_digits" {
  command = plan

  variables {
    aws_account_id = "12345678901"
  }

  expect_failures = [var.aws_account_id]
}

run "history_is_not_cut_short" {
  command = plan

  variables {
    state_history_days = 7
  }

  expect_failures = [var.state_history_days]
}
