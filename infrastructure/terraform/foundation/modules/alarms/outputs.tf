output "topic_arn" {
  description = "The topic of alarms, once it can be written to."
  value       = aws_sns_topic_policy.this.arn
}
