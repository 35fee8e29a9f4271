# The platform layer's settings of staging: prod's, but for what is smaller, or its own. An environment is in an account of
# its own; a test compares the names of the settings.

aws_account_id                  = "111122223333"
environment                     = "staging"
kubernetes_version              = "1.35"
cluster_endpoint_cidrs          = ["203.0.113.0/24"]
api_cidrs                       = ["203.0.113.0/24"]
grafana_cidrs                   = ["203.0.113.0/24"]
airflow_cidrs                   = ["203.0.113.0/24"]
prometheus_cidrs                = ["203.0.113.0/24"]
trino_cidrs                     = ["203.0.113.0/24"]
load_balancer_authentication    = "none"
load_balancer_identity_provider = {}
node_instance_type              = "t3.xlarge"
node_count                      = 3
node_disk_gib                   = 50
database_instance_class         = "db.t4g.micro"
database_version                = "16"
database_major_upgrade          = false
database_multi_az               = false
database_backup_days            = 7
database_snapshots              = {}
deletion_protection             = true
cluster_log_types               = ["audit", "authenticator"]
log_retention_days              = 365
