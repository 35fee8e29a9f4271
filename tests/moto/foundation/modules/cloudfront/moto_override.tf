# moto forgets the origin access control and the certificate, and adds an old form of the cache's
# settings.
resource "aws_cloudfront_distribution" "this" {
  lifecycle {
    ignore_changes = [default_cache_behavior, origin, viewer_certificate]
  }
}
