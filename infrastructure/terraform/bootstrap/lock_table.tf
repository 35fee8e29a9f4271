# Keeps two runs from writing one state at the same time.

resource "aws_dynamodb_table" "locks" {
  # checkov:skip=CKV_AWS_119: It holds the names of locks and checksums of states; AWS's own key is enough.

  name         = local.lock_table
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "LockID"

  attribute {
    name = "LockID"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled = true
  }

  lifecycle {
    prevent_destroy = true
  }
}
