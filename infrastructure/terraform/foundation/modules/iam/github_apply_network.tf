locals {
  vpc_arn = "${local.here["ec2"]}:vpc/${var.vpc_id}"
}

data "aws_iam_policy_document" "apply_network" {
  # checkov:skip=CKV_AWS_356: Statements with "*" hold actions that look and take no resource.

  statement {
    sid = "Look"
    actions = [
      "ec2:DescribeAddresses",
      "ec2:DescribeAddressesAttribute",
      "ec2:DescribeAvailabilityZones",
      "ec2:DescribeFlowLogs",
      "ec2:DescribeInternetGateways",
      "ec2:DescribeLaunchTemplateVersions",
      "ec2:DescribeLaunchTemplates",
      "ec2:DescribeNatGateways",
      "ec2:DescribeNetworkAcls",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribePrefixLists",
      "ec2:DescribeRouteTables",
      "ec2:DescribeSecurityGroupRules",
      "ec2:DescribeSecurityGroups",
      "ec2:DescribeSubnets",
      "ec2:DescribeTags",
      "ec2:DescribeVpcAttribute",
      "ec2:DescribeVpcEndpoints",
      "ec2:DescribeVpcs",
    ]
    resources = ["*"]
  }

  # The load balancer's service asks for its VPC's groups, as whoever changes it.
  statement {
    sid       = "LookAtGroups"
    actions   = ["ec2:GetSecurityGroupsForVpc"]
    resources = [local.vpc_arn]
  }

  statement {
    sid = "Create"
    actions = [
      "ec2:AllocateAddress",
      "ec2:CreateFlowLogs",
      "ec2:CreateInternetGateway",
      "ec2:CreateLaunchTemplate",
      "ec2:CreateNatGateway",
      "ec2:CreateRouteTable",
      "ec2:CreateSecurityGroup",
      "ec2:CreateSubnet",
      "ec2:CreateVpcEndpoint",
    ]
    # Resources of a VPC are made in the platform's VPC only.
    resources = concat([local.vpc_arn], [
      for kind in ["elastic-ip", "internet-gateway", "launch-template", "natgateway", "route-table", "security-group", "subnet", "vpc-endpoint", "vpc-flow-log"] :
      "${local.here["ec2"]}:${kind}/*"
    ])
  }

  # Tags say what may be changed, so they are given to what is being made, by the call that makes it.
  statement {
    sid       = "TagWhatIsMade"
    actions   = ["ec2:CreateTags"]
    resources = ["${local.here["ec2"]}:*/*"]

    condition {
      test     = "Null"
      variable = "ec2:CreateAction"
      values   = ["false"]
    }
  }

  # Every layer tags what it makes, and changes nothing else.
  statement {
    sid = "Change"
    actions = [
      "ec2:AssociateRouteTable",
      "ec2:AttachInternetGateway",
      "ec2:CreateLaunchTemplateVersion",
      "ec2:CreateRoute",
      "ec2:CreateTags",
      "ec2:DeleteFlowLogs",
      "ec2:DeleteInternetGateway",
      "ec2:DeleteLaunchTemplate",
      "ec2:DeleteNatGateway",
      "ec2:DeleteRoute",
      "ec2:DeleteRouteTable",
      "ec2:DeleteSubnet",
      "ec2:DeleteTags",
      "ec2:DeleteVpcEndpoints",
      "ec2:DetachInternetGateway",
      "ec2:DisassociateAddress",
      "ec2:DisassociateRouteTable",
      "ec2:ModifyLaunchTemplate",
      "ec2:ModifySubnetAttribute",
      "ec2:ModifyVpcAttribute",
      "ec2:ModifyVpcEndpoint",
      "ec2:ReleaseAddress",
      "ec2:ReplaceRoute",
      "ec2:ReplaceRouteTableAssociation",
    ]
    resources = ["${local.here["ec2"]}:*/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Project"
      values   = ["rideshare"]
    }
  }

  # The groups of our VPC. Its default one is made with it and has no tags, so it gets them here, too.
  statement {
    sid = "SecurityGroups"
    actions = [
      "ec2:AuthorizeSecurityGroupEgress",
      "ec2:AuthorizeSecurityGroupIngress",
      "ec2:CreateTags",
      "ec2:DeleteSecurityGroup",
      "ec2:ModifySecurityGroupRules",
      "ec2:RevokeSecurityGroupEgress",
      "ec2:RevokeSecurityGroupIngress",
    ]
    resources = ["${local.here["ec2"]}:security-group/*"]

    condition {
      test     = "ArnEquals"
      variable = "ec2:Vpc"
      values   = [local.vpc_arn]
    }
  }

  # A rule is asked for beside its group, which decides.
  statement {
    sid = "SecurityGroupRules"
    actions = [
      "ec2:AuthorizeSecurityGroupEgress",
      "ec2:AuthorizeSecurityGroupIngress",
      "ec2:ModifySecurityGroupRules",
      "ec2:RevokeSecurityGroupEgress",
      "ec2:RevokeSecurityGroupIngress",
    ]
    resources = ["${local.here["ec2"]}:security-group-rule/*"]
  }

  # EKS starts the nodes, and asks whether whoever makes a node group may.
  statement {
    sid       = "StartNodes"
    actions   = ["ec2:RunInstances"]
    resources = ["${local.here["ec2"]}:*/*", "arn:aws:ec2:${var.region}::image/*"]

    condition {
      test     = "ArnLike"
      variable = "ec2:LaunchTemplate"
      values   = ["${local.here["ec2"]}:launch-template/*"]
    }
  }
}
