# moto forgets the origin access control and the certificate, and adds an old form of the cache's
# settings. And there is nothing to wait for.
resource "aws_cloudfront_distribution" "this" {
  wait_for_deployment = false

  lifecycle {
    ignore_changes = [default_cache_behavior, origin, viewer_certificate]
  }
}
