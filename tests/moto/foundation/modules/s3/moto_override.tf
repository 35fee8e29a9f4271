# moto forgets how the names of access logs are made.
resource "aws_s3_bucket_logging" "this" {
  lifecycle {
    ignore_changes = [target_object_key_format]
  }
}
