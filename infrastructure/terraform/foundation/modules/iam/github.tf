# GitHub's workflows have no keys: a job proves with its OIDC token which repository, and which event
# or environment of it, it runs for.

resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

locals {
  github_roles = {
    plan = {
      description = "Plans on pull requests of ${var.infrastructure_repository}"
      subject     = "repo:${var.infrastructure_repository}:pull_request"
    }
    apply = {
      description = "Applies from the environment production of ${var.infrastructure_repository}"
      subject     = "repo:${var.infrastructure_repository}:environment:production"
    }
    publish = {
      description = "Publishes images and pages from the environment production of ${var.application_repository}"
      subject     = "repo:${var.application_repository}:environment:production"
    }
  }
}

data "aws_iam_policy_document" "github_trust" {
  for_each = local.github_roles

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [aws_iam_openid_connect_provider.github.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = [each.value.subject]
    }
  }
}

# The role that plans reads the states and the one that applies makes roles, which the boundary both
# forbids: their own policies are what limits them.
resource "aws_iam_role" "github" {
  for_each = local.github_roles

  name                 = "${var.name}-github-${each.key}"
  description          = each.value.description
  assume_role_policy   = data.aws_iam_policy_document.github_trust[each.key].json
  permissions_boundary = each.key == "publish" ? aws_iam_policy.boundary.arn : null
  # An apply that outlives its session can neither write its state nor free the lock.
  max_session_duration = each.key == "apply" ? 7200 : 3600
}
