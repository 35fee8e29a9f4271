data "aws_iam_policy_document" "apply_services" {
  # checkov:skip=CKV_AWS_356: Statements with "*" hold actions that take no resource.

  statement {
    sid = "NoResource"
    actions = [
      "ec2:DescribeAccountAttributes",
      "eks:DescribeAddonVersions",
      "elasticloadbalancing:DescribeCapacityReservation",
      "elasticloadbalancing:DescribeLoadBalancerAttributes",
      "elasticloadbalancing:DescribeLoadBalancers",
      "elasticloadbalancing:DescribeTags",
      "logs:DescribeLogGroups",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "Certificate"
    actions   = ["acm:AddTagsToCertificate", "acm:DescribeCertificate", "acm:ListTagsForCertificate", "acm:RemoveTagsFromCertificate"]
    resources = [var.certificate_arn]
  }

  statement {
    sid = "Zone"
    actions = [
      "route53:ChangeResourceRecordSets",
      "route53:ChangeTagsForResource",
      "route53:GetHostedZone",
      "route53:ListResourceRecordSets",
      "route53:ListTagsForResource",
      "route53:UpdateHostedZoneComment",
    ]
    resources = ["arn:aws:route53:::hostedzone/${var.zone_id}"]
  }

  # Whether a change of records is everywhere yet; its id is new each time.
  statement {
    sid       = "WaitForRecords"
    actions   = ["route53:GetChange"]
    resources = ["arn:aws:route53:::change/*"]
  }

  statement {
    sid = "Pages"
    actions = [
      "cloudfront:GetDistribution",
      "cloudfront:GetOriginAccessControl",
      "cloudfront:ListTagsForResource",
      "cloudfront:TagResource",
      "cloudfront:UntagResource",
      "cloudfront:UpdateDistribution",
      "cloudfront:UpdateOriginAccessControl",
      "cloudfront:AllowVendedLogDeliveryForResource",
    ]
    resources = [var.distribution_arn, "arn:aws:cloudfront::${var.account_id}:origin-access-control/${var.origin_access_control_id}"]
  }

  statement {
    sid = "Logs"
    actions = [
      "logs:AssociateKmsKey",
      "logs:CreateDelivery",
      "logs:CreateLogGroup",
      "logs:DeleteDelivery",
      "logs:DeleteDeliveryDestination",
      "logs:DeleteDeliverySource",
      "logs:DeleteLogGroup",
      "logs:GetDelivery",
      "logs:GetDeliveryDestination",
      "logs:GetDeliverySource",
      "logs:ListTagsForResource",
      "logs:PutDeliveryDestination",
      "logs:PutDeliverySource",
      "logs:PutRetentionPolicy",
      "logs:TagResource",
      "logs:UntagResource",
      "logs:UpdateDeliveryConfiguration",
    ]
    resources = [
      "${local.here["logs"]}:delivery*",
      "${local.here["logs"]}:log-group:/aws/eks/${var.cluster_name}/*",
      "${local.here["logs"]}:log-group:/aws/rds/instance/${var.name}-*",
      "${local.here["logs"]}:log-group:/rideshare/*",
    ]
  }

  statement {
    sid = "Cluster"
    actions = [
      "eks:AssociateAccessPolicy",
      "eks:CreateAccessEntry",
      "eks:CreateAddon",
      "eks:CreateCluster",
      "eks:CreateNodegroup",
      "eks:CreatePodIdentityAssociation",
      "eks:DeleteAccessEntry",
      "eks:DeleteAddon",
      "eks:DeleteCluster",
      "eks:DeleteNodegroup",
      "eks:DeletePodIdentityAssociation",
      "eks:DescribeAccessEntry",
      "eks:DescribeAddon",
      "eks:DescribeCluster",
      "eks:DescribeNodegroup",
      "eks:DescribePodIdentityAssociation",
      "eks:DescribeUpdate",
      "eks:DisassociateAccessPolicy",
      "eks:ListAssociatedAccessPolicies",
      "eks:TagResource",
      "eks:UntagResource",
      "eks:UpdateAddon",
      "eks:UpdateClusterConfig",
      "eks:UpdateClusterVersion",
      "eks:UpdateNodegroupConfig",
      "eks:UpdateNodegroupVersion",
      "eks:UpdatePodIdentityAssociation",
    ]
    resources = [for kind in ["access-entry", "addon", "cluster", "nodegroup", "podidentityassociation"] : "${local.here["eks"]}:${kind}/${var.cluster_name}*"]
  }

  statement {
    sid = "Databases"
    actions = [
      "rds:AddTagsToResource",
      "rds:CreateDBInstance",
      "rds:CreateDBParameterGroup",
      "rds:CreateDBSnapshot",
      "rds:CreateDBSubnetGroup",
      "rds:DeleteDBInstance",
      "rds:DeleteDBParameterGroup",
      "rds:DeleteDBSubnetGroup",
      "rds:DescribeDBParameterGroups",
      "rds:DescribeDBParameters",
      "rds:DescribeDBSubnetGroups",
      "rds:ListTagsForResource",
      "rds:ModifyDBInstance",
      "rds:ModifyDBParameterGroup",
      "rds:ModifyDBSubnetGroup",
      "rds:RemoveTagsFromResource",
      "rds:ResetDBParameterGroup",
      "rds:RestoreDBInstanceFromDBSnapshot",
    ]
    resources = [for kind in ["db", "pg", "snapshot", "subgrp"] : "${local.here["rds"]}:${kind}:${var.name}-*"]
  }

  # An instance that names no option group is made with the default one of its engine.
  statement {
    sid       = "DefaultOptionGroup"
    actions   = ["rds:CreateDBInstance", "rds:ModifyDBInstance", "rds:RestoreDBInstanceFromDBSnapshot"]
    resources = ["${local.here["rds"]}:og:default*"]
  }

  # By an id that no pattern of ours fits.
  statement {
    sid       = "FindDatabases"
    actions   = ["rds:DescribeDBInstances"]
    resources = ["${local.here["rds"]}:db:*"]
  }

  statement {
    sid = "LoadBalancer"
    actions = [
      "elasticloadbalancing:AddTags",
      "elasticloadbalancing:CreateLoadBalancer",
      "elasticloadbalancing:DeleteLoadBalancer",
      "elasticloadbalancing:ModifyLoadBalancerAttributes",
      "elasticloadbalancing:RemoveTags",
      "elasticloadbalancing:SetSecurityGroups",
      "elasticloadbalancing:SetSubnets",
    ]
    resources = ["${local.elb}:loadbalancer/app/${var.name}/*"]
  }
}
