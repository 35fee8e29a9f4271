# Plans what is merged, before somebody approves it, and looks for drift every night. Only the branch main takes this
# role, so what runs with it has been reviewed. It may look at everything that the workflow that applies may look
# at, and change nothing: its policy is made of the other role's, so no list is kept twice.

locals {
  looking_statements = { for subject, policy in local.apply_policies : subject => [
    for statement in jsondecode(policy).Statement : merge(statement, {
      # A secret's value is not looked at: no plan needs one.
      Action = [for action in try(flatten([statement.Action]), []) : action if can(regex("^[a-z0-9-]+:(Describe|Get|List|View)", action)) && action != "secretsmanager:GetSecretValue"]
    })
  ] }

  inspect_policies = { for subject, statements in local.looking_statements : subject => jsonencode({
    Version   = "2012-10-17"
    Statement = [for statement in statements : statement if length(statement.Action) > 0]
  }) }
}

resource "aws_iam_policy" "github_inspect" {
  for_each = local.inspect_policies

  name        = "${var.name}-github-inspect-${each.key}"
  description = "What the workflow that looks for drift may look at of ${each.key}"
  policy      = each.value
}

resource "aws_iam_role_policy_attachment" "github_inspect" {
  for_each = aws_iam_policy.github_inspect

  role       = aws_iam_role.github["inspect"].name
  policy_arn = each.value.arn
}

# A plan waits for its approval in the bucket of the states: it holds the state, which everybody could read in an
# artifact of a public repository.
data "aws_iam_policy_document" "github_inspect" {
  statement {
    sid       = "SavePlans"
    actions   = ["s3:PutObject"]
    resources = ["${local.state_arn}/plans/*"]
  }
}

resource "aws_iam_role_policy" "github_inspect" {
  name   = "save-plans"
  role   = aws_iam_role.github["inspect"].id
  policy = data.aws_iam_policy_document.github_inspect.json
}
