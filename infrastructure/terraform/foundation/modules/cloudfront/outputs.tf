output "distribution_id" {
  description = "The distribution, whose cache a release of the pages clears."
  value       = aws_cloudfront_distribution.this.id
}

output "distribution_arn" {
  description = "The distribution's ARN."
  value       = aws_cloudfront_distribution.this.arn
}

output "origin_access_control_id" {
  description = "What signs the distribution's requests to the bucket."
  value       = aws_cloudfront_origin_access_control.this.id
}
