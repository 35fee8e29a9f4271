resource "aws_route53_zone" "this" {
  name    = var.domain
  comment = "The platform's names. Its domain's registrar must name this zone's servers."
}
