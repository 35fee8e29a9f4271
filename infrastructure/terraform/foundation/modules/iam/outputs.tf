output "permissions_boundary_arn" {
  description = "The boundary that every role must have."
  value       = aws_iam_policy.boundary.arn
}

output "pod_roles" {
  description = "The roles that pods take: ARN, and the one service account that each is for."
  value = {
    for name, account in local.service_accounts : name => {
      arn             = aws_iam_role.pod[name].arn
      namespace       = account.namespace
      service_account = account.name
    }
  }
}

output "operator_role_arn" {
  description = "The role of people who run the cluster."
  value       = aws_iam_role.operator.arn
}

output "github_role_arns" {
  description = "The roles of GitHub's workflows, by what they do: plan, inspect, apply, publish."
  value       = { for name, role in aws_iam_role.github : name => role.arn }
}
