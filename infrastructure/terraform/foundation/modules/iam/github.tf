# GitHub's workflows have no keys: a job proves with its OIDC token which repository, and which event
# or environment of it, it runs for.

resource "aws_iam_openid_connect_provider" "github" {
  count = var.github_oidc_provider_exists ? 0 : 1

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

locals {
  # AWS takes one provider of an address, so its ARN is known, whoever has made it.
  oidc_provider_arn = "arn:aws:iam::${var.account_id}:oidc-provider/token.actions.githubusercontent.com"

  # The environment of both repositories that reviewers and branches are set for.
  github_environment = var.environment == "prod" ? "production" : var.environment

  github_roles = { for name, role in {
    plan = {
      description = "Plans on pull requests of ${var.infrastructure_repository}"
      subject     = "repo:${var.infrastructure_repository}:pull_request"
    }
    inspect = {
      description = "Plans what is merged and looks for drift, from the branch main of ${var.infrastructure_repository}"
      subject     = "repo:${var.infrastructure_repository}:ref:refs/heads/main"
    }
    apply = {
      description = "Applies from the environment ${local.github_environment} of ${var.infrastructure_repository}"
      subject     = "repo:${var.infrastructure_repository}:environment:${local.github_environment}"
    }
    publish = {
      description = "Publishes images and pages from the environment ${local.github_environment} of ${var.application_repository}"
      subject     = "repo:${var.application_repository}:environment:${local.github_environment}"
    }
  } : name => role if name != "apply" || var.github_apply }
}

data "aws_iam_policy_document" "github_trust" {
  for_each = local.github_roles

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.oidc_provider_arn]
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

# The boundary forbids to read the states and to make roles. So it bounds only the role that publishes; the other
# roles are limited by their policies.
resource "aws_iam_role" "github" {
  for_each = local.github_roles

  name                 = "${var.name}-github-${each.key}"
  description          = each.value.description
  assume_role_policy   = data.aws_iam_policy_document.github_trust[each.key].json
  permissions_boundary = each.key == "publish" ? aws_iam_policy.boundary.arn : null
  # An apply that outlives its session can neither write its state nor free the lock.
  max_session_duration = each.key == "apply" ? 7200 : 3600

  # With a provider that foundation makes itself, the provider comes first.
  depends_on = [aws_iam_openid_connect_provider.github]
}
