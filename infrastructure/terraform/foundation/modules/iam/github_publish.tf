data "aws_iam_policy_document" "github_publish" {
  # Takes no resource: it logs in to the registry.
  statement {
    sid       = "LogIn"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  # By the prefix of their names, because the workflow that applies a new repository may not change this
  # role.
  statement {
    sid = "Images"
    actions = [
      "ecr:BatchCheckLayerAvailability",
      "ecr:BatchGetImage",
      "ecr:CompleteLayerUpload",
      "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer",
      "ecr:InitiateLayerUpload",
      "ecr:PutImage",
      "ecr:UploadLayerPart",
    ]
    resources = [local.repositories_arn]
  }

  statement {
    sid       = "ListPages"
    actions   = ["s3:ListBucket"]
    resources = [var.frontend_bucket_arn]
  }

  statement {
    sid       = "Pages"
    actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    resources = ["${var.frontend_bucket_arn}/*"]
  }

  statement {
    sid       = "ClearCache"
    actions   = ["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"]
    resources = [var.distribution_arn]
  }
}

resource "aws_iam_role_policy" "github_publish" {
  name   = "publish"
  role   = aws_iam_role.github["publish"].id
  policy = data.aws_iam_policy_document.github_publish.json
}
