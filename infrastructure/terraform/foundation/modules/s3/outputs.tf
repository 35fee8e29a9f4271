output "lake_buckets" {
  description = "The lake's buckets: name by layer."
  value       = { for layer in local.lake : layer => aws_s3_bucket.this[layer].bucket }
}

output "lake_bucket_arns" {
  description = "The lake's buckets: ARN by layer."
  value       = { for layer in local.lake : layer => aws_s3_bucket.this[layer].arn }
}

output "frontend_bucket" {
  description = "The bucket of the built pages."
  value = {
    id          = aws_s3_bucket.this["frontend"].bucket
    arn         = aws_s3_bucket.this["frontend"].arn
    domain_name = aws_s3_bucket.this["frontend"].bucket_regional_domain_name
  }
}

output "logs_bucket" {
  description = "The bucket of access logs, ready to be written to."
  value = {
    id  = aws_s3_bucket.this["logs"].bucket
    arn = aws_s3_bucket.this["logs"].arn
  }
  depends_on = [aws_s3_bucket_policy.logs]
}
