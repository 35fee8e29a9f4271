# The lake, the built pages of the frontend, and the access logs of both. A bucket's purpose decides its encryption and its lifecycle; everything else is the same for all.

locals {
  # The buckets that infrastructure/platform names; a test compares the two.
  lake = toset(["bronze", "silver", "gold"])

  buckets = setunion(local.lake, ["frontend", "logs"])
}

resource "aws_s3_bucket" "this" {
  # checkov:skip=CKV_AWS_144: Kafka and the simulation can send the lake's data again; a second copy doubles its price.
  # checkov:skip=CKV2_AWS_62: Nothing waits for an object: the pipeline is scheduled.

  for_each = local.buckets

  bucket        = "${var.prefix}-${each.key}"
  force_destroy = !var.deletion_protection
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

# CloudFront reads the pages and S3 writes the logs, and neither needs to know a key of ours.
resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    bucket_key_enabled = contains(local.lake, each.key)

    apply_server_side_encryption_by_default {
      sse_algorithm     = contains(local.lake, each.key) ? "aws:kms" : "AES256"
      kms_master_key_id = contains(local.lake, each.key) ? var.kms_key_arn : null
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "expire-old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.lake_history_days
    }

    # Left where the last version behind a deletion has expired.
    expiration {
      expired_object_delete_marker = true
    }

    # The parts of uploads whose writer was killed.
    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }

  dynamic "rule" {
    for_each = each.key == "logs" ? [var.log_retention_days] : []

    content {
      id     = "expire-logs"
      status = "Enabled"

      filter {}

      expiration {
        days = rule.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_logging" "this" {
  for_each = setsubtract(local.buckets, ["logs"])

  bucket        = aws_s3_bucket.this[each.key].id
  target_bucket = aws_s3_bucket.this["logs"].id
  target_prefix = "s3/"

  # Account, region, bucket and day are folders.
  target_object_key_format {
    partitioned_prefix {
      partition_date_source = "EventTime"
    }
  }

  depends_on = [aws_s3_bucket_policy.logs]
}
