# moto looks at no conditions of a bucket's policy: "deny without TLS" would be "deny", and Terraform
# could not read its own state.
resource "aws_s3_bucket_policy" "state" {
  count = 0
}

# moto has it. The provider waits a minute for it, in foundation as well, where it is made.
resource "aws_s3_bucket_lifecycle_configuration" "state" {
  count = 0
}
