# The rights of the workflow that applies, in five policies by subject, because one would be longer than IAM takes. Wherever an action takes a resource, it is one of this account, region and
# project. Bootstrap, the roles of GitHub's workflows and the boundary are applied by people alone, and so
# is what there is one of, and what everything else stands on: the VPC, the domain's zone and certificate,
# the distribution and the key are named here by their ids, to be changed and neither made nor deleted.

locals {
  apply_policies = {
    network   = data.aws_iam_policy_document.apply_network.minified_json
    storage   = data.aws_iam_policy_document.apply_storage.minified_json
    services  = data.aws_iam_policy_document.apply_services.minified_json
    operation = data.aws_iam_policy_document.apply_operation.minified_json
    access    = data.aws_iam_policy_document.apply_access.minified_json
  }

  # Resources whose number grows over time, by the prefixes of their names: the workflow that applies could not
  # make a secret, a repository or a bucket that its own policies would have to name first.
  secrets_arn      = "${local.here["secretsmanager"]}:secret:rideshare/*"
  repositories_arn = "${local.here["ecr"]}:repository/rideshare/*"
  buckets_arn      = "arn:aws:s3:::rideshare-${var.account_id}-*"

  # ARN prefixes of regional services.
  here = { for service in ["backup", "cloudwatch", "ec2", "ecr", "eks", "logs", "rds", "secretsmanager", "sns"] : service => "arn:aws:${service}:${var.region}:${var.account_id}" }
}

resource "aws_iam_policy" "github_apply" {
  for_each = var.github_apply ? local.apply_policies : {}

  name        = "${var.name}-github-apply-${each.key}"
  description = "What the workflow that applies may do about ${each.key}"
  policy      = each.value

  lifecycle {
    precondition {
      condition     = length(each.value) <= 6144
      error_message = "The policy ${each.key} is longer than IAM takes: make two of it."
    }
  }
}

resource "aws_iam_role_policy_attachment" "github_apply" {
  for_each = aws_iam_policy.github_apply

  role       = aws_iam_role.github["apply"].name
  policy_arn = each.value.arn
}
