output "state_bucket" {
  description = "The bucket of every layer's state."
  value       = aws_s3_bucket.state.bucket
}

output "lock_table" {
  description = "The DynamoDB table of the states' locks."
  value       = aws_dynamodb_table.locks.name
}

output "init_commands" {
  description = "What `terraform init` needs in each of the other layers; `make tf-plan` and its companions pass it by themselves."
  value = {
    for layer in ["foundation", "platform"] :
    layer => "terraform -chdir=infrastructure/terraform/${layer} init -backend-config=bucket=${aws_s3_bucket.state.bucket}"
  }
}
