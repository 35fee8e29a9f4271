data "aws_iam_policy_document" "apply_storage" {
  statement {
    sid       = "FindStates"
    actions   = ["s3:ListBucket"]
    resources = [local.state_arn]
  }

  statement {
    sid       = "States"
    actions   = ["s3:GetObject", "s3:PutObject"]
    resources = ["${local.state_arn}/foundation/terraform.tfstate", "${local.state_arn}/platform/terraform.tfstate"]
  }

  # Plans that were reviewed, each under its checksum.
  statement {
    sid       = "ReviewedPlans"
    actions   = ["s3:GetObject"]
    resources = ["${local.state_arn}/plans/*"]
  }

  statement {
    sid       = "Locks"
    actions   = ["dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem"]
    resources = [local.locks_arn]
  }

  # The bucket of the states has the buckets' prefix, too, and is bootstrap's.
  statement {
    sid         = "NothingElseInStates"
    effect      = "Deny"
    not_actions = ["s3:GetObject", "s3:ListBucket", "s3:PutObject"]
    resources   = [local.state_arn, "${local.state_arn}/*"]
  }

  # The buckets, and never an object in them.
  statement {
    sid = "Buckets"
    actions = [
      "s3:CreateBucket",
      "s3:DeleteBucket",
      "s3:DeleteBucketPolicy",
      "s3:GetAccelerateConfiguration",
      "s3:GetBucketAcl",
      "s3:GetBucketCORS",
      "s3:GetBucketLogging",
      "s3:GetBucketObjectLockConfiguration",
      "s3:GetBucketOwnershipControls",
      "s3:GetBucketPolicy",
      "s3:GetBucketPublicAccessBlock",
      "s3:GetBucketRequestPayment",
      "s3:GetBucketTagging",
      "s3:GetBucketVersioning",
      "s3:GetBucketWebsite",
      "s3:GetEncryptionConfiguration",
      "s3:GetLifecycleConfiguration",
      "s3:GetReplicationConfiguration",
      "s3:ListBucket",
      "s3:ListTagsForResource",
      "s3:PutBucketLogging",
      "s3:PutBucketOwnershipControls",
      "s3:PutBucketPolicy",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutBucketTagging",
      "s3:PutBucketVersioning",
      "s3:PutEncryptionConfiguration",
      "s3:PutLifecycleConfiguration",
      "s3:TagResource",
      "s3:UntagResource",
    ]
    resources = [local.buckets_arn]
  }

  statement {
    sid = "Repositories"
    actions = [
      "ecr:CreateRepository",
      "ecr:DeleteLifecyclePolicy",
      "ecr:DeleteRepository",
      "ecr:DescribeRepositories",
      "ecr:GetLifecyclePolicy",
      "ecr:ListTagsForResource",
      "ecr:PutImageScanningConfiguration",
      "ecr:PutImageTagMutability",
      "ecr:PutLifecyclePolicy",
      "ecr:TagResource",
      "ecr:UntagResource",
    ]
    resources = [local.repositories_arn]
  }

  # Takes no resource.
  statement {
    sid       = "FindKey"
    actions   = ["kms:ListAliases"]
    resources = ["*"]
  }

  # ECR and RDS use the key by grants that they make, and ECR retires its own, as whoever calls them.
  statement {
    sid = "Key"
    actions = [
      "kms:CreateGrant",
      "kms:Decrypt",
      "kms:DescribeKey",
      "kms:EnableKeyRotation",
      "kms:GenerateDataKey",
      "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus",
      "kms:ListResourceTags",
      "kms:PutKeyPolicy",
      "kms:RetireGrant",
      "kms:TagResource",
      "kms:UntagResource",
      "kms:UpdateKeyDescription",
    ]
    resources = [var.kms_key_arn]
  }

  statement {
    sid = "Secrets"
    actions = [
      "secretsmanager:CreateSecret",
      "secretsmanager:DeleteSecret",
      "secretsmanager:DescribeSecret",
      "secretsmanager:GetResourcePolicy",
      # `make eks-secrets` looks which keys have no value yet, and draws those.
      "secretsmanager:GetSecretValue",
      "secretsmanager:PutSecretValue",
      "secretsmanager:TagResource",
      "secretsmanager:UntagResource",
      "secretsmanager:UpdateSecret",
    ]
    resources = [local.secrets_arn]
  }

  # The databases' masters: RDS makes the secret for whoever makes the database.
  statement {
    sid       = "DatabaseMasters"
    actions   = ["secretsmanager:CreateSecret", "secretsmanager:RotateSecret", "secretsmanager:TagResource"]
    resources = ["${local.here["secretsmanager"]}:secret:rds!db-*"]
  }
}
