# The built pages: a private bucket that this distribution alone reads.

resource "aws_cloudfront_origin_access_control" "this" {
  name                              = "${var.name}-frontend"
  description                       = "Signs the distribution's requests to the bucket of the pages"
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"
}

locals {
  # AWS's own policies, which have these ids in every account: Managed-CachingOptimized, for files that
  # are the same for everybody, and Managed-SecurityHeadersPolicy, which tells browsers to come back by
  # HTTPS alone, to guess no types, to show the pages in no foreign frame, and to tell others little of
  # where they come from.
  cache_policy_id            = "658327ea-f89d-4fab-a63d-7e88639e58f6"
  response_headers_policy_id = "67f7725c-6f97-4210-82d7-5512b31e9d03"
}

resource "aws_cloudfront_distribution" "this" {
  # checkov:skip=CKV_AWS_68: Static pages from S3 have no code to attack; a web ACL costs more than the pages do.
  # checkov:skip=CKV2_AWS_47: Static pages from S3 run no Java.
  # checkov:skip=CKV_AWS_86: Access logs are delivered by CloudWatch, in logging.tf.
  # checkov:skip=CKV_AWS_310: One bucket in one region is as available as static pages have to be.
  # checkov:skip=CKV_AWS_374: The pages are for everybody.
  # checkov:skip=CKV2_AWS_32: It has AWS's own policy of response headers, which is no resource that checkov could see.

  enabled             = true
  is_ipv6_enabled     = true
  http_version        = "http2and3"
  comment             = "The pages of ${var.domain}"
  aliases             = [var.domain]
  default_root_object = "index.html"
  price_class         = var.price_class

  origin {
    origin_id                = "pages"
    domain_name              = var.bucket.domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id
  }

  default_cache_behavior {
    target_origin_id           = "pages"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    viewer_protocol_policy     = "redirect-to-https"
    cache_policy_id            = local.cache_policy_id
    response_headers_policy_id = local.response_headers_policy_id
  }

  # A path of the application is no object of the bucket, which answers 403 for what is not there:
  # the application's own router shows the page.
  custom_error_response {
    error_code            = 403
    response_code         = 200
    response_page_path    = "/index.html"
    error_caching_min_ttl = 10
  }

  viewer_certificate {
    acm_certificate_arn      = var.certificate_arn
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
}

resource "aws_route53_record" "this" {
  for_each = toset(["A", "AAAA"])

  zone_id = var.zone_id
  name    = var.domain
  type    = each.key

  alias {
    name                   = aws_cloudfront_distribution.this.domain_name
    zone_id                = aws_cloudfront_distribution.this.hosted_zone_id
    evaluate_target_health = false
  }
}
