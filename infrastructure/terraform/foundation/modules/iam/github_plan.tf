# A pull request may hold anything, so its role sees the states, and of AWS what it offers to everybody.
# The plan compares the code with the state, without asking what is there: that would take the right to look
# at everything.

data "aws_iam_policy_document" "github_plan" {
  # Takes no resource: it lists what EKS offers, whoever asks.
  statement {
    sid       = "ChooseAddons"
    actions   = ["eks:DescribeAddonVersions"]
    resources = ["*"]
  }

  statement {
    sid       = "FindStates"
    actions   = ["s3:ListBucket"]
    resources = [local.state_arn]
  }

  statement {
    sid       = "ReadStates"
    actions   = ["s3:GetObject"]
    resources = ["${local.state_arn}/foundation/terraform.tfstate", "${local.state_arn}/platform/terraform.tfstate"]
  }
}

resource "aws_iam_role_policy" "github_plan" {
  name   = "read-states"
  role   = aws_iam_role.github["plan"].id
  policy = data.aws_iam_policy_document.github_plan.json
}
