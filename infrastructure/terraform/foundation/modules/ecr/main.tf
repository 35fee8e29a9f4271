locals {
  # The images of our own that infrastructure/platform names; a test compares the two.
  images = [
    "airflow",
    "bronze-ingestion",
    "frontend",
    "grafana",
    "hive-metastore",
    "minio",
    "openldap",
    "osrm",
    "otel-collector",
    "secrets-init",
    "simulation",
    "spark",
    "stream-processor",
    "tempo",
  ]
}

resource "aws_ecr_repository" "this" {
  for_each = toset(local.images)

  name                 = "rideshare/${each.key}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = !var.deletion_protection

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.kms_key_arn
  }
}

resource "aws_ecr_lifecycle_policy" "this" {
  for_each = aws_ecr_repository.this

  repository = each.value.name
  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Images that no tag names any more"
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "All tags but the newest"
        # Manifests without a tag are parts of a tagged image: counted beside it, they would push releases out.
        selection = { tagStatus = "tagged", tagPatternList = ["*"], countType = "imageCountMoreThan", countNumber = var.images_kept }
        action    = { type = "expire" }
      },
    ]
  })
}
