# The foundation layer's settings of staging: prod's, but for what is smaller, or its own. An environment is in an account of
# its own; a test compares the names of the settings.

aws_account_id              = "111122223333"
environment                 = "staging"
domain                      = "staging.rideshare.example.com"
hosted_zone_id              = ""
github_repository           = "example/rideshare-infra"
application_repository      = "example/rideshare"
github_oidc_provider_exists = false
github_apply                = true
vpc_cidr                    = "10.0.0.0/16"
availability_zones          = ["us-east-1a", "us-east-1b", "us-east-1c"]
nat_gateway_count           = 1
flow_log_traffic            = "REJECT"
log_retention_days          = 365
lake_history_days           = 7
ecr_images_kept             = 10
secret_recovery_days        = 7
backup_days                 = 7
alarm_emails                = []
monthly_budget_usd          = 600
cloudfront_price_class      = "PriceClass_100"
deletion_protection         = true
