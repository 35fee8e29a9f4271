# The most that any role made by these layers can ever do, whatever is attached to it: nothing in IAM,
# nothing with the organisation or the account, nothing to the states, and no other role, which may have
# no boundary. The role that applies may make
# roles with this boundary only, so it cannot make itself an administrator.

locals {
  boundary_name = "${var.name}-boundary"
  boundary_arn  = "arn:aws:iam::${var.account_id}:policy/${local.boundary_name}"
  state_arn     = "arn:aws:s3:::${var.state_bucket}"
  locks_arn     = "arn:aws:dynamodb:${var.region}:${var.account_id}:table/${var.lock_table}"
}

data "aws_iam_policy_document" "boundary" {
  # checkov:skip=CKV_AWS_107: A boundary grants nothing; it limits what the policies of the roles may grant.
  # checkov:skip=CKV_AWS_108: A boundary grants nothing; it limits what the policies of the roles may grant.
  # checkov:skip=CKV_AWS_109: A boundary grants nothing; it limits what the policies of the roles may grant.
  # checkov:skip=CKV_AWS_110: A boundary grants nothing; it limits what the policies of the roles may grant.
  # checkov:skip=CKV_AWS_111: A boundary grants nothing; it limits what the policies of the roles may grant.
  # checkov:skip=CKV_AWS_356: A boundary grants nothing; it limits what the policies of the roles may grant.

  # A boundary grants nothing: it says what the role's own policies may grant.
  statement {
    sid         = "NotTheAccount"
    not_actions = ["account:*", "iam:*", "organizations:*", "sts:AssumeRole*"]
    resources   = ["*"]
  }

  statement {
    sid       = "NotTheStates"
    effect    = "Deny"
    actions   = ["dynamodb:*", "s3:*"]
    resources = [local.state_arn, "${local.state_arn}/*", local.locks_arn]
  }
}

resource "aws_iam_policy" "boundary" {
  name        = local.boundary_name
  description = "The most that a role of the platform can be granted"
  policy      = data.aws_iam_policy_document.boundary.json
}
