# No account and no network: the provider is a mock, and what foundation has made is written here as
# foundation would put it out.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = {
      json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
    }
  }

  mock_data "aws_default_tags" {
    defaults = {
      tags = { Project = "rideshare" }
    }
  }

  mock_data "aws_eks_addon_version" {
    defaults = {
      version = "v1.35.0-eksbuild.1"
    }
  }

  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::123456789012:role/mock"
    }
  }

  mock_resource "aws_eks_cluster" {
    defaults = {
      arn      = "arn:aws:eks:us-east-1:123456789012:cluster/rideshare-prod"
      endpoint = "https://mock.gr7.us-east-1.eks.amazonaws.com"
    }
  }

  mock_resource "aws_launch_template" {
    defaults = {
      id             = "lt-00000000000000001"
      latest_version = 1
    }
  }

  mock_resource "aws_db_instance" {
    defaults = {
      address = "mock.us-east-1.rds.amazonaws.com"
    }
  }

  mock_resource "aws_lb" {
    defaults = {
      arn      = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/rideshare-prod/0000000000000001"
      dns_name = "rideshare-prod-1.us-east-1.elb.amazonaws.com"
      zone_id  = "Z35SXDOTRQ7X7K"
    }
  }
}

override_data {
  target = data.terraform_remote_state.foundation
  values = {
    outputs = {
      vpc_id                   = "vpc-00000000000000001"
      private_subnet_ids       = ["subnet-00000000000000001", "subnet-00000000000000002", "subnet-00000000000000003"]
      public_subnet_ids        = ["subnet-00000000000000011", "subnet-00000000000000012", "subnet-00000000000000013"]
      database_subnet_ids      = ["subnet-00000000000000021", "subnet-00000000000000022", "subnet-00000000000000023"]
      kms_key_arn              = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
      domain                   = "rideshare.example.com"
      zone_id                  = "Z00000000000000000001"
      certificate_arn          = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
      logs_bucket              = "rideshare-123456789012-logs"
      alarms_topic_arn         = "arn:aws:sns:us-east-1:123456789012:rideshare-prod-alarms"
      permissions_boundary_arn = "arn:aws:iam::123456789012:policy/rideshare-prod-boundary"
      operator_role_arn        = "arn:aws:iam::123456789012:role/rideshare-prod-operator"
      repository               = "https://github.com/example/rideshare-infra.git"
      pod_roles = {
        rideshare-trino = {
          arn             = "arn:aws:iam::123456789012:role/rideshare-trino"
          namespace       = "rideshare-prod"
          service_account = "rideshare-trino"
        }
      }
    }
  }
}

run "what_the_overlay_is_filled_with" {
  command = apply

  assert {
    condition = keys(yamldecode(output.compose_gen_values)) == [
      "AWS_ACCOUNT_ID", "AWS_REGION", "CERTIFICATE_ARN", "CIDRS_AIRFLOW", "CIDRS_API", "CIDRS_GRAFANA", "CIDRS_PROMETHEUS",
      "CIDRS_TRINO", "DOMAIN", "IDENTITY_PROVIDER", "LOAD_BALANCER_AUTHENTICATION", "LOAD_BALANCER_SECURITY_GROUP",
      "RDS_AIRFLOW_HOST", "RDS_METASTORE_HOST", "REPOSITORY",
    ]
    error_message = "The values file must have what infrastructure/platform refers to, but for IMAGE_TAG."
  }

  assert {
    condition     = alltrue([for name, value in yamldecode(output.compose_gen_values) : can(regex("^\\S+$", value))])
    error_message = "Every value must be a text that is not empty."
  }

  assert {
    condition     = tolist(output.hosts) == tolist([for host in ["airflow", "api", "grafana", "prometheus", "trino"] : "${host}.rideshare.example.com"])
    error_message = "Each host of an Ingress needs a name in DNS."
  }
}

run "databases_are_private_and_protected" {
  command = plan

  module {
    source = "./modules/rds"
  }

  variables {
    name                    = "rideshare-prod-airflow"
    database                = "airflow"
    vpc_id                  = "vpc-00000000000000001"
    subnet_ids              = ["subnet-00000000000000021", "subnet-00000000000000022"]
    client_security_group   = "sg-00000000000000001"
    kms_key_arn             = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    instance_class          = "db.t4g.micro"
    engine_version          = "16"
    major_upgrade           = false
    multi_az                = false
    backup_retention_period = 7
    snapshot                = null
    deletion_protection     = true
    log_retention_days      = 365
  }

  assert {
    condition     = !aws_db_instance.this.publicly_accessible && aws_db_instance.this.storage_encrypted && aws_db_instance.this.deletion_protection && !aws_db_instance.this.skip_final_snapshot
    error_message = "A database is private, encrypted, protected, and leaves a snapshot."
  }

  assert {
    condition     = aws_db_instance.this.manage_master_user_password && aws_db_instance.this.password == null
    error_message = "RDS keeps the master's password."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.clients.referenced_security_group_id == var.client_security_group && aws_vpc_security_group_ingress_rule.clients.from_port == 5432 && aws_vpc_security_group_ingress_rule.clients.to_port == 5432
    error_message = "The nodes' group alone reaches the database, on one port."
  }

  assert {
    condition     = anytrue([for parameter in aws_db_parameter_group.this.parameter : parameter.name == "rds.force_ssl" && parameter.value == "1" && parameter.apply_method == "pending-reboot"])
    error_message = "Connections without TLS must be refused."
  }
}

run "a_database_comes_back_from_its_snapshot" {
  command = plan

  module {
    source = "./modules/rds"
  }

  variables {
    name                    = "rideshare-prod-airflow"
    database                = "airflow"
    vpc_id                  = "vpc-00000000000000001"
    subnet_ids              = ["subnet-00000000000000021", "subnet-00000000000000022"]
    client_security_group   = "sg-00000000000000001"
    kms_key_arn             = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    instance_class          = "db.t4g.micro"
    engine_version          = "16"
    major_upgrade           = false
    multi_az                = false
    backup_retention_period = 7
    snapshot                = "rideshare-prod-airflow-final-20270101120000"
    deletion_protection     = true
    log_retention_days      = 365
  }

  assert {
    condition     = aws_db_instance.this.snapshot_identifier == "rideshare-prod-airflow-final-20270101120000"
    error_message = "A database is made from the snapshot that is named for it."
  }
}

# moto lacks add-ons, access entries and pod identities, so the apply against it leaves them out.
run "eks_parts_that_moto_lacks" {
  command = apply

  module {
    source = "./modules/eks"
  }

  variables {
    name                     = "rideshare-prod"
    vpc_id                   = "vpc-00000000000000001"
    subnet_ids               = ["subnet-00000000000000001", "subnet-00000000000000002"]
    endpoint_cidrs           = []
    kubernetes_version       = "1.35"
    log_types                = ["audit", "authenticator"]
    node_instance_type       = "t3.xlarge"
    node_count               = 3
    node_disk_gib            = 50
    log_retention_days       = 365
    admin_role_arn           = "arn:aws:iam::123456789012:role/rideshare-prod-operator"
    kms_key_arn              = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/rideshare-prod-boundary"
    pod_roles = {
      rideshare-trino = {
        arn             = "arn:aws:iam::123456789012:role/rideshare-trino"
        namespace       = "rideshare-prod"
        service_account = "rideshare-trino"
      }
    }
  }

  assert {
    condition     = setunion(keys(aws_eks_addon.before_nodes), keys(aws_eks_addon.after_nodes)) == toset(["aws-ebs-csi-driver", "coredns", "eks-pod-identity-agent", "kube-proxy", "metrics-server", "vpc-cni"])
    error_message = "Volumes, metrics, names, roles, services and the network come with EKS' add-ons."
  }

  assert {
    condition     = alltrue([for name, addon in merge(aws_eks_addon.before_nodes, aws_eks_addon.after_nodes) : addon.addon_version == "v1.35.0-eksbuild.1" && data.aws_eks_addon_version.this[name].kubernetes_version == var.kubernetes_version])
    error_message = "Each add-on has the version that EKS recommends for the cluster's."
  }

  assert {
    condition     = jsondecode(aws_eks_addon.after_nodes["aws-ebs-csi-driver"].configuration_values).controller.extraVolumeTags == { Project = "rideshare" }
    error_message = "The volumes of pods have the provider's tags, which it does not give them itself."
  }

  assert {
    condition     = aws_eks_access_entry.admin.principal_arn == var.admin_role_arn && aws_eks_access_policy_association.admin.access_scope[0].type == "cluster"
    error_message = "The operator's role must administer the cluster."
  }

  assert {
    condition     = aws_eks_pod_identity_association.this["rideshare-trino"].role_arn == var.pod_roles["rideshare-trino"].arn && aws_eks_pod_identity_association.this["rideshare-trino"].service_account == "rideshare-trino"
    error_message = "Each of foundation's roles must be associated with its service account."
  }

  assert {
    condition     = !aws_eks_cluster.this.vpc_config[0].endpoint_public_access && aws_eks_cluster.this.vpc_config[0].endpoint_private_access
    error_message = "Without addresses to allow, the API must be private."
  }

  assert {
    condition     = aws_eks_cluster.this.access_config[0].authentication_mode == "API" && !aws_eks_cluster.this.access_config[0].bootstrap_cluster_creator_admin_permissions
    error_message = "Access entries alone say who gets in."
  }

  assert {
    condition     = aws_eks_cluster.this.enabled_cluster_log_types == toset(["audit", "authenticator"]) && aws_eks_cluster.this.encryption_config[0].resources == toset(["secrets"])
    error_message = "The logs that the variable names are kept, and its secrets are encrypted."
  }

  assert {
    condition     = alltrue([for made in aws_launch_template.nodes.tag_specifications : made.tags == tomap({ Name = "rideshare-prod-node", Project = "rideshare" })])
    error_message = "The nodes and their disks have the provider's tags, which it does not give them itself."
  }

  assert {
    condition     = aws_eks_node_group.this.version == var.kubernetes_version
    error_message = "The nodes follow the control plane to its version."
  }

  assert {
    condition     = aws_eks_node_group.this.node_group_name_prefix == "rideshare-prod-nodes-"
    error_message = "A group that replaces another is there beside it for a while, so its name must not be fixed."
  }

  assert {
    condition     = aws_launch_template.nodes.metadata_options[0].http_tokens == "required" && aws_launch_template.nodes.metadata_options[0].http_put_response_hop_limit == 1
    error_message = "Nodes speak IMDSv2 alone, and pods do not reach it."
  }
}

run "an_account_is_12_digits" {
  command = plan

  variables {
    aws_account_id = ""
  }

  expect_failures = [var.aws_account_id]
}

run "the_api_is_not_for_everybody" {
  command = plan

  variables {
    cluster_endpoint_cidrs = ["0.0.0.0/0"]
  }

  expect_failures = [var.cluster_endpoint_cidrs]
}

run "trino_airflow_and_prometheus_are_not_for_everybody" {
  command = plan

  variables {
    airflow_cidrs    = ["0.0.0.0/0"]
    prometheus_cidrs = ["0.0.0.0/1", "128.0.0.0/1"]
    trino_cidrs      = ["203.0.113.0/24", "0.0.0.0/0"]
  }

  expect_failures = [var.airflow_cidrs, var.prometheus_cidrs, var.trino_cidrs]
}

run "who_is_asked_fits_how" {
  command = plan

  variables {
    load_balancer_authentication    = "oidc"
    load_balancer_identity_provider = { issuer = "https://login.example.com" }
  }

  expect_failures = [var.load_balancer_identity_provider]
}

run "a_cidr_is_a_cidr" {
  command = plan

  variables {
    cluster_endpoint_cidrs = ["203.0.113.256/32"]
    trino_cidrs            = ["everywhere"]
  }

  expect_failures = [var.cluster_endpoint_cidrs, var.trino_cidrs]
}

run "a_cidr_is_one_of_ipv4" {
  command = plan

  variables {
    cluster_endpoint_cidrs = ["2001:db8::/32"]
    trino_cidrs            = ["203.0.113.0/24", "::/0"]
  }

  expect_failures = [var.cluster_endpoint_cidrs, var.trino_cidrs]
}

run "what_aws_does_not_offer_or_we_do_not_want" {
  command = plan

  variables {
    kubernetes_version      = "1.31"
    node_instance_type      = "xlarge"
    node_count              = 1
    node_disk_gib           = 10
    database_instance_class = "t4g.micro"
    database_backup_days    = 0
    log_retention_days      = 1
    cluster_log_types       = ["audits"]
    database_snapshots      = { other = "rideshare-prod-airflow-final-20270101120000", airflow = "rideshare-prod-metastore-final-20270101120000" }
  }

  expect_failures = [
    var.kubernetes_version,
    var.node_instance_type,
    var.node_count,
    var.node_disk_gib,
    var.database_instance_class,
    var.database_backup_days,
    var.log_retention_days,
    var.cluster_log_types,
    var.database_snapshots,
  ]
}
