data "aws_iam_policy_document" "apply_access" {
  statement {
    sid = "Look"
    actions = [
      "iam:GetOpenIDConnectProvider",
      "iam:GetPolicy",
      "iam:GetPolicyVersion",
      "iam:GetRole",
      "iam:GetRolePolicy",
      "iam:ListAttachedRolePolicies",
      "iam:ListInstanceProfilesForRole",
      "iam:ListPolicyVersions",
      "iam:ListRolePolicies",
    ]
    resources = [
      local.oidc_provider_arn,
      "arn:aws:iam::${var.account_id}:policy/rideshare-*",
      "arn:aws:iam::${var.account_id}:role/rideshare-*",
    ]
  }

  # A role gets rights only under the boundary, so none has more than the boundary says.
  statement {
    sid = "RolesWithinBoundary"
    actions = [
      "iam:AttachRolePolicy",
      "iam:CreateRole",
      "iam:DeleteRolePolicy",
      "iam:DetachRolePolicy",
      "iam:PutRolePermissionsBoundary",
      "iam:PutRolePolicy",
    ]
    resources = ["arn:aws:iam::${var.account_id}:role/rideshare-*"]

    condition {
      test     = "StringEquals"
      variable = "iam:PermissionsBoundary"
      values   = [local.boundary_arn]
    }
  }

  statement {
    sid = "Roles"
    actions = [
      "iam:CreatePolicy",
      "iam:CreatePolicyVersion",
      "iam:DeletePolicy",
      "iam:DeletePolicyVersion",
      "iam:DeleteRole",
      "iam:TagPolicy",
      "iam:TagRole",
      "iam:UntagPolicy",
      "iam:UntagRole",
      "iam:UpdateAssumeRolePolicy",
      "iam:UpdateRoleDescription",
    ]
    resources = [
      "arn:aws:iam::${var.account_id}:policy/rideshare-*",
      "arn:aws:iam::${var.account_id}:role/rideshare-*",
    ]
  }

  # The workflows cannot change the policies that bound them.
  statement {
    sid    = "NotItsOwnFetters"
    effect = "Deny"
    actions = [
      "iam:AttachRolePolicy",
      "iam:CreatePolicyVersion",
      "iam:DeletePolicy",
      "iam:DeletePolicyVersion",
      "iam:DeleteRole",
      "iam:DeleteRolePermissionsBoundary",
      "iam:DeleteRolePolicy",
      "iam:DetachRolePolicy",
      "iam:PutRolePermissionsBoundary",
      "iam:PutRolePolicy",
      "iam:SetDefaultPolicyVersion",
      "iam:UpdateAssumeRolePolicy",
    ]
    resources = [
      local.boundary_arn,
      "arn:aws:iam::${var.account_id}:policy/${var.name}-github-*",
      "arn:aws:iam::${var.account_id}:role/${var.name}-github-*",
      "arn:aws:iam::${var.account_id}:role/${var.name}-operator",
    ]
  }

  statement {
    sid       = "HandRolesOver"
    actions   = ["iam:PassRole"]
    resources = ["arn:aws:iam::${var.account_id}:role/rideshare-*"]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["backup.amazonaws.com", "ec2.amazonaws.com", "eks.amazonaws.com", "pods.eks.amazonaws.com", "vpc-flow-logs.amazonaws.com"]
    }
  }

  # EKS looks, as whoever makes a cluster or a node group, whether its own roles are there.
  statement {
    sid     = "LookAtServicesOwnRoles"
    actions = ["iam:GetRole"]
    resources = [
      "arn:aws:iam::${var.account_id}:role/aws-service-role/eks.amazonaws.com/*",
      "arn:aws:iam::${var.account_id}:role/aws-service-role/eks-nodegroup.amazonaws.com/*",
    ]
  }

  # The roles that AWS's services make for themselves, once in an account.
  statement {
    sid       = "ServicesOwnRoles"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["arn:aws:iam::${var.account_id}:role/aws-service-role/*"]

    condition {
      test     = "StringEquals"
      variable = "iam:AWSServiceName"
      values   = ["eks.amazonaws.com", "eks-nodegroup.amazonaws.com", "elasticloadbalancing.amazonaws.com", "rds.amazonaws.com"]
    }
  }
}
