resource "aws_route53_zone" "this" {
  # checkov:skip=CKV2_AWS_38: DNSSEC needs a record at the registrar for each key, by hand, and a mistake takes the domain off the net.
  # checkov:skip=CKV2_AWS_39: Who asked for a public name tells nothing that the access logs do not.

  count = var.existing_zone_id == "" ? 1 : 0

  name    = var.domain
  comment = "The platform's names. Its domain's registrar must name this zone's servers."
}
