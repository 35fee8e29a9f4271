# The platform layer's settings. infrastructure/terraform/platform/variables.tf says what each is for,
# and has the same values as defaults: a test compares the two.

aws_account_id                  = "123456789012"
environment                     = "prod"
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
cluster_log_types               = ["api", "audit", "authenticator", "controllerManager", "scheduler"]
log_retention_days              = 365
