# The foundation layer's settings. infrastructure/terraform/foundation/variables.tf says what each is for,
# and has the same values as defaults: a test compares the two.

aws_account_id              = "123456789012"
environment                 = "prod"
domain                      = "rideshare.example.com"
hosted_zone_id              = ""
github_repository           = "example/rideshare-infra"
application_repository      = "example/rideshare"
github_oidc_provider_exists = false
github_apply                = true
vpc_cidr                    = "10.0.0.0/16"
availability_zones          = ["us-east-1a", "us-east-1b", "us-east-1c"]
nat_gateway_count           = 1
flow_log_traffic            = "ALL"
log_retention_days          = 365
lake_history_days           = 7
ecr_images_kept             = 20
secret_recovery_days        = 7
backup_days                 = 35
alarm_emails                = []
monthly_budget_usd          = 700
cloudfront_price_class      = "PriceClass_100"
deletion_protection         = true
