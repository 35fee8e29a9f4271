output "repository_urls" {
  description = "Where each image is pushed to and pulled from, by its name in the specification."
  value       = { for repository in aws_ecr_repository.this : repository.name => repository.repository_url }
}
