# Alarms of the databases and of the load balancer; Prometheus has those of the services.

resource "aws_cloudwatch_metric_alarm" "storage" {
  for_each = var.databases

  alarm_name          = "${var.name}-${each.key}-storage"
  alarm_description   = "The database ${each.key} has less than 4 GiB of storage left: it has grown to its limit, or faster than RDS adds to it"
  namespace           = "AWS/RDS"
  metric_name         = "FreeStorageSpace"
  dimensions          = { DBInstanceIdentifier = each.value }
  statistic           = "Minimum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "LessThanThreshold"
  threshold           = 4294967296
  # A database that does not say how it is, is not well.
  treat_missing_data = "breaching"
  alarm_actions      = [var.topic_arn]
  ok_actions         = [var.topic_arn]
}

resource "aws_cloudwatch_metric_alarm" "processor" {
  for_each = var.databases

  alarm_name          = "${var.name}-${each.key}-processor"
  alarm_description   = "The database ${each.key} has been busy for half an hour"
  namespace           = "AWS/RDS"
  metric_name         = "CPUUtilization"
  dimensions          = { DBInstanceIdentifier = each.value }
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 6
  comparison_operator = "GreaterThanThreshold"
  threshold           = 90
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
}

# Answers of the load balancer itself, because no pod took the request.
resource "aws_cloudwatch_metric_alarm" "load_balancer" {
  alarm_name          = "${var.name}-load-balancer-errors"
  alarm_description   = "The load balancer finds no pod that answers"
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HTTPCode_ELB_5XX_Count"
  dimensions          = { LoadBalancer = var.load_balancer }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 10
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.topic_arn]
  ok_actions          = [var.topic_arn]
}
