# No account and no network: the provider is a mock that makes up what AWS would answer, with ARNs
# and documents in the places where the provider looks at their form.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = {
      json          = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
      minified_json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
    }
  }

  mock_data "aws_caller_identity" {
    defaults = {
      account_id = "123456789012"
    }
  }

  mock_data "aws_region" {
    defaults = {
      name = "us-east-1"
    }
  }

  mock_resource "aws_kms_key" {
    defaults = {
      arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = {
      arn = "arn:aws:logs:us-east-1:123456789012:log-group:/rideshare/rideshare-prod/flow-logs"
    }
  }

  mock_resource "aws_iam_role" {
    defaults = {
      arn = "arn:aws:iam::123456789012:role/mock"
    }
  }

  mock_resource "aws_iam_policy" {
    defaults = {
      arn = "arn:aws:iam::123456789012:policy/mock"
    }
  }

  mock_resource "aws_iam_openid_connect_provider" {
    defaults = {
      arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    }
  }

  mock_resource "aws_sns_topic" {
    defaults = {
      arn = "arn:aws:sns:us-east-1:123456789012:rideshare-prod-alarms"
    }
  }

  mock_resource "aws_s3_bucket" {
    defaults = {
      arn                         = "arn:aws:s3:::mock"
      bucket_regional_domain_name = "mock.s3.us-east-1.amazonaws.com"
    }
  }

  mock_resource "aws_acm_certificate" {
    defaults = {
      arn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
      domain_validation_options = [
        {
          domain_name           = "rideshare.example.com"
          resource_record_name  = "_proof.rideshare.example.com"
          resource_record_type  = "CNAME"
          resource_record_value = "_proof.acm-validations.aws"
        },
        {
          domain_name           = "*.rideshare.example.com"
          resource_record_name  = "_proof.rideshare.example.com"
          resource_record_type  = "CNAME"
          resource_record_value = "_proof.acm-validations.aws"
        },
      ]
    }
  }

  mock_resource "aws_cloudfront_distribution" {
    defaults = {
      arn = "arn:aws:cloudfront::123456789012:distribution/EMOCK"
    }
  }

  mock_resource "aws_cloudwatch_log_delivery_destination" {
    defaults = {
      arn = "arn:aws:logs:us-east-1:123456789012:delivery-destination:mock"
    }
  }

  mock_resource "aws_secretsmanager_secret" {
    defaults = {
      arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:mock"
    }
  }

  mock_resource "aws_ecr_repository" {
    defaults = {
      arn            = "arn:aws:ecr:us-east-1:123456789012:repository/mock"
      repository_url = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mock"
    }
  }
}

variables {
  aws_account_id = "123456789012"
  domain         = "rideshare.example.com"
}

run "what_the_overlays_use" {
  command = apply

  assert {
    condition     = output.lake_buckets == { for layer in ["bronze", "silver", "gold"] : layer => "rideshare-${var.aws_account_id}-${layer}" }
    error_message = "The overlays name the buckets rideshare-<account>-<layer>."
  }

  assert {
    condition     = replace(replace(output.export_dbt_target, "{layer}", "gold"), "{table}", "fct_trips") == "s3://${output.lake_buckets["gold"]}/fct_trips"
    error_message = "export-dbt must write to the lake's buckets."
  }

  assert {
    condition     = alltrue([for role in ["rideshare-airflow", "rideshare-bronze-ingestion", "rideshare-hive-metastore", "rideshare-trino"] : output.pod_roles[role].service_account == role && output.pod_roles[role].namespace == "rideshare-prod"])
    error_message = "A workload's role is called like its service account, in the platform's namespace."
  }

  assert {
    condition     = length(output.private_subnet_ids) == length(var.availability_zones) && length(output.public_subnet_ids) == length(var.availability_zones) && length(output.database_subnet_ids) == length(var.availability_zones)
    error_message = "Each zone has one subnet of each kind."
  }

  assert {
    condition     = output.domain == "rideshare.example.com" && output.certificate_arn != ""
    error_message = "The domain and its certificate are what the Ingresses need."
  }
}

run "the_network_is_private" {
  command = plan

  module {
    source = "./modules/vpc"
  }

  variables {
    name                     = "rideshare-prod"
    cluster_name             = "rideshare-prod"
    cidr                     = "10.0.0.0/16"
    availability_zones       = ["us-east-1a", "us-east-1b", "us-east-1c"]
    nat_gateway_count        = 2
    flow_log_traffic         = "REJECT"
    log_retention_days       = 365
    kms_key_arn              = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    permissions_boundary_arn = "arn:aws:iam::123456789012:policy/rideshare-prod-boundary"
  }

  assert {
    condition     = length(aws_default_security_group.this.ingress) == 0 && length(aws_default_security_group.this.egress) == 0
    error_message = "The default security group must let nothing in and nothing out."
  }

  assert {
    condition = length(distinct(concat(
      [for subnet in aws_subnet.private : subnet.cidr_block],
      [for subnet in aws_subnet.public : subnet.cidr_block],
      [for subnet in aws_subnet.database : subnet.cidr_block],
    ))) == 9
    error_message = "Each zone has three subnets of its own."
  }

  assert {
    condition     = alltrue([for subnet in concat(values(aws_subnet.private), values(aws_subnet.database)) : subnet.map_public_ip_on_launch != true])
    error_message = "Nodes and databases have no public addresses."
  }

  assert {
    condition     = length(aws_nat_gateway.this) == 2 && length(aws_route.private) == 3
    error_message = "Zones without a NAT gateway share one."
  }

  assert {
    condition     = aws_flow_log.this.traffic_type == "REJECT"
    error_message = "What is logged is what the variable says."
  }
}

run "workflows_take_their_own_roles_only" {
  command = plan

  module {
    source = "./modules/iam"
  }

  variables {
    name                        = "rideshare-prod"
    environment                 = "prod"
    github_oidc_provider_exists = false
    github_apply                = true
    account_id                  = "123456789012"
    region                      = "us-east-1"
    cluster_name                = "rideshare-prod"
    namespace                   = "rideshare-prod"
    lake_bucket_arns            = { bronze = "arn:aws:s3:::b", silver = "arn:aws:s3:::s", gold = "arn:aws:s3:::g" }
    frontend_bucket_arn         = "arn:aws:s3:::frontend"
    distribution_arn            = "arn:aws:cloudfront::123456789012:distribution/EMOCK"
    secret_arns                 = { "rideshare/redis" = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rideshare/redis-mock" }
    kms_key_arn                 = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    infrastructure_repository   = "example/rideshare-infra"
    application_repository      = "example/rideshare"
    state_bucket                = "rideshare-123456789012-terraform-state"
    lock_table                  = "rideshare-terraform-locks"
    vpc_id                      = "vpc-00000000000000001"
    zone_id                     = "Z00000000000000000001"
    certificate_arn             = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
    origin_access_control_id    = "E00000000000OAC"
  }

  assert {
    condition = jsonencode({
      for name, trust in data.aws_iam_policy_document.github_trust : name => sort([
        for condition in trust.statement[0].condition : one(condition.values) if condition.test == "StringEquals"
      ])
      }) == jsonencode({
      apply   = ["repo:example/rideshare-infra:environment:production", "sts.amazonaws.com"]
      inspect = ["repo:example/rideshare-infra:ref:refs/heads/main", "sts.amazonaws.com"]
      plan    = ["repo:example/rideshare-infra:pull_request", "sts.amazonaws.com"]
      publish = ["repo:example/rideshare:environment:production", "sts.amazonaws.com"]
    })
    error_message = "Each role is for one audience, one repository, and one event or environment of it."
  }

  assert {
    condition     = data.aws_iam_policy_document.boundary.statement[0].not_actions == toset(["account:*", "iam:*", "organizations:*", "sts:AssumeRole*"])
    error_message = "No role of the platform changes rights or takes another role, whatever is attached to it."
  }

  assert {
    condition     = { for name, role in aws_iam_role.github : name => role.max_session_duration } == { apply = 7200, inspect = 3600, plan = 3600, publish = 3600 }
    error_message = "The role that applies keeps its session for as long as the workflow's job may take."
  }

  assert {
    condition     = toset(flatten([for statement in data.aws_iam_policy_document.github_plan.statement : statement.actions])) == toset(["eks:DescribeAddonVersions", "s3:GetObject", "s3:ListBucket"])
    error_message = "The role that plans reads the states, and which add-ons there are, and nothing else."
  }

  assert {
    condition = alltrue([
      for action in ["eks:DescribeAddonVersions", "rds:RestoreDBInstanceFromDBSnapshot"] :
      contains(flatten([for statement in data.aws_iam_policy_document.apply_services.statement : tolist(statement.actions)]), action)
    ])
    error_message = "The role that applies chooses add-ons, and brings databases back from their snapshots."
  }

  # Single resources are named by their id.
  assert {
    condition = jsonencode({
      for statement in data.aws_iam_policy_document.apply_services.statement : statement.sid => sort(statement.resources)
      if contains(["Certificate", "Pages", "Zone"], statement.sid)
      }) == jsonencode({
      Certificate = [var.certificate_arn]
      Pages       = ["arn:aws:cloudfront::123456789012:distribution/EMOCK", "arn:aws:cloudfront::123456789012:origin-access-control/E00000000000OAC"]
      Zone        = ["arn:aws:route53:::hostedzone/Z00000000000000000001"]
    })
    error_message = "The workflow that applies changes one zone, one certificate and one distribution."
  }

  assert {
    condition = alltrue([
      for statement in concat(data.aws_iam_policy_document.apply_services.statement, data.aws_iam_policy_document.apply_storage.statement) :
      !anytrue([for action in coalesce(statement.actions, []) : can(regex("^(acm|cloudfront|kms|route53):(Create(Distribution|HostedZone|Key)|Delete|RequestCertificate|ScheduleKeyDeletion)", action))])
    ])
    error_message = "What everything stands on is made and deleted by people."
  }

  # A right to change rules of a group outside of the VPC would open other people's networks.
  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.apply_network.statement :
      statement.resources == toset(["arn:aws:ec2:us-east-1:123456789012:security-group-rule/*"]) || (
        statement.resources == toset(["arn:aws:ec2:us-east-1:123456789012:security-group/*"]) &&
        one([for condition in statement.condition : condition.values if condition.variable == "ec2:Vpc" && condition.test == "ArnEquals"]) == tolist(["arn:aws:ec2:us-east-1:123456789012:vpc/vpc-00000000000000001"])
      )
      if anytrue([for action in statement.actions : can(regex("SecurityGroup(Egress|Ingress|Rules)$|DeleteSecurityGroup$", action)) && !can(regex(":Describe", action))])
    ])
    error_message = "The workflow that applies changes security groups of one VPC."
  }

  # elasticloadbalancing refuses whoever may not ask for it.
  assert {
    condition = alltrue([
      for document in [data.aws_iam_policy_document.apply_network, data.aws_iam_policy_document.load_balancer_controller] :
      [for statement in document.statement : one(statement.resources) if contains(statement.actions, "ec2:GetSecurityGroupsForVpc")] == ["arn:aws:ec2:us-east-1:123456789012:vpc/vpc-00000000000000001"]
    ])
    error_message = "Who changes the load balancer asks for the groups of our VPC, and of no other."
  }

  assert {
    condition = [
      for resource in one([for statement in data.aws_iam_policy_document.apply_network.statement : statement.resources if statement.sid == "Create"]) :
      resource if strcontains(resource, ":vpc/") || endswith(resource, ":*/*")
    ] == ["arn:aws:ec2:us-east-1:123456789012:vpc/vpc-00000000000000001"]
    error_message = "What the workflow makes in a VPC is in ours."
  }

  assert {
    condition = alltrue([
      for document in [
        data.aws_iam_policy_document.apply_network, data.aws_iam_policy_document.apply_storage,
        data.aws_iam_policy_document.apply_services, data.aws_iam_policy_document.apply_access,
        data.aws_iam_policy_document.load_balancer_controller, data.aws_iam_policy_document.operator,
        data.aws_iam_policy_document.read_secrets, data.aws_iam_policy_document.github_publish,
        data.aws_iam_policy_document.workload["rideshare-trino"],
        ] : alltrue([
          for statement in document.statement : alltrue([for action in coalesce(statement.actions, []) : !strcontains(action, "*")])
      ])
    ])
    error_message = "Actions are named, never by a wildcard."
  }

  assert {
    condition     = alltrue([for trust in data.aws_iam_policy_document.pod_trust : length(trust.statement[0].condition) == 3])
    error_message = "A pod's role is for one service account of one namespace of one cluster."
  }
}

# The workflow may change none of these documents, so nothing that it makes may need another one.
run "more_secrets_images_and_buckets_change_no_right_of_the_workflows" {
  command = apply

  module {
    source = "./modules/iam"
  }

  variables {
    name                        = "rideshare-prod"
    environment                 = "prod"
    github_oidc_provider_exists = false
    github_apply                = true
    account_id                  = "123456789012"
    region                      = "us-east-1"
    cluster_name                = "rideshare-prod"
    namespace                   = "rideshare-prod"
    lake_bucket_arns            = { for layer in ["bronze", "silver", "gold", "platinum"] : layer => "arn:aws:s3:::rideshare-123456789012-${layer}" }
    frontend_bucket_arn         = "arn:aws:s3:::rideshare-123456789012-frontend"
    distribution_arn            = "arn:aws:cloudfront::123456789012:distribution/EMOCK"
    secret_arns                 = { for name in ["redis", "new"] : "rideshare/${name}" => "arn:aws:secretsmanager:us-east-1:123456789012:secret:rideshare/${name}-mock" }
    kms_key_arn                 = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    infrastructure_repository   = "example/rideshare-infra"
    application_repository      = "example/rideshare"
    state_bucket                = "rideshare-123456789012-terraform-state"
    lock_table                  = "rideshare-terraform-locks"
    vpc_id                      = "vpc-00000000000000001"
    zone_id                     = "Z00000000000000000001"
    certificate_arn             = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555"
    origin_access_control_id    = "E00000000000OAC"
  }

  # A document that holds none of them is the same with one more.
  assert {
    condition = !anytrue([
      for arn in concat(values(var.secret_arns), values(var.lake_bucket_arns)) : strcontains(jsonencode([
        data.aws_iam_policy_document.apply_access.statement, data.aws_iam_policy_document.apply_network.statement,
        data.aws_iam_policy_document.apply_services.statement, data.aws_iam_policy_document.apply_storage.statement,
        data.aws_iam_policy_document.github_plan.statement, data.aws_iam_policy_document.github_publish.statement,
        data.aws_iam_policy_document.operator.statement, data.aws_iam_policy_document.boundary.statement,
      ]), arn)
    ])
    error_message = "The documents of the operator and of the workflows must not name single secrets or buckets: the workflow could not apply a new one."
  }

  assert {
    condition = jsonencode({
      for statement in concat(data.aws_iam_policy_document.operator.statement, data.aws_iam_policy_document.github_publish.statement, data.aws_iam_policy_document.apply_storage.statement) :
      statement.sid => sort(statement.resources) if contains(["Buckets", "Images", "Repositories", "Secrets", "SetSecrets"], statement.sid)
      }) == jsonencode({
      Buckets      = ["arn:aws:s3:::rideshare-123456789012-*"]
      Images       = ["arn:aws:ecr:us-east-1:123456789012:repository/rideshare/*"]
      Repositories = ["arn:aws:ecr:us-east-1:123456789012:repository/rideshare/*"]
      Secrets      = ["arn:aws:secretsmanager:us-east-1:123456789012:secret:rideshare/*"]
      SetSecrets   = ["arn:aws:secretsmanager:us-east-1:123456789012:secret:rideshare/*"]
    })
    error_message = "What there will be more of is named by its prefix, and by no shorter one."
  }

  # The states' bucket has the buckets' prefix.
  assert {
    condition = [
      for statement in data.aws_iam_policy_document.apply_storage.statement : sort(statement.not_actions)
      if statement.effect == "Deny" && statement.resources == toset(["arn:aws:s3:::rideshare-123456789012-terraform-state", "arn:aws:s3:::rideshare-123456789012-terraform-state/*"])
    ] == [tolist(["s3:GetObject", "s3:ListBucket", "s3:PutObject"])]
    error_message = "The workflow that applies reads and writes states, and does nothing else to their bucket."
  }
}

run "the_key_rotates" {
  command = apply

  assert {
    condition     = aws_kms_key.this.enable_key_rotation
    error_message = "The key must be rotated."
  }
}

run "an_account_is_12_digits" {
  command = plan

  variables {
    aws_account_id = "my-account"
  }

  expect_failures = [var.aws_account_id]
}

run "a_domain_is_a_domain" {
  command = plan

  variables {
    domain = "https://rideshare.example.com/"
  }

  expect_failures = [var.domain]
}

run "a_domain_has_two_labels" {
  command = plan

  variables {
    domain = "localhost"
  }

  expect_failures = [var.domain]
}

run "a_cidr_is_a_cidr" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.0.0/16"
  }

  expect_failures = [var.vpc_cidr]
}

run "a_cidr_begins_at_its_first_address" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.1/16"
  }

  expect_failures = [var.vpc_cidr]
}

run "a_cidr_has_room_for_pods" {
  command = plan

  variables {
    vpc_cidr = "10.0.0.0/24"
  }

  expect_failures = [var.vpc_cidr]
}

run "a_repository_has_no_wildcard" {
  command = plan

  variables {
    github_repository      = "example/*"
    application_repository = "*/*"
  }

  expect_failures = [var.github_repository, var.application_repository]
}

run "no_more_nat_gateways_than_zones" {
  command = plan

  variables {
    nat_gateway_count = 4
  }

  expect_failures = [var.nat_gateway_count]
}

run "zones_of_the_region_that_eks_runs_in" {
  command = plan

  variables {
    availability_zones = ["us-east-1a", "us-east-1e"]
  }

  expect_failures = [var.availability_zones]
}

run "what_aws_does_not_offer" {
  command = plan

  variables {
    log_retention_days     = 100
    lake_history_days      = 0
    ecr_images_kept        = 1
    secret_recovery_days   = 3
    cloudfront_price_class = "PriceClass_1"
    flow_log_traffic       = "NONE"
  }

  expect_failures = [
    var.log_retention_days,
    var.lake_history_days,
    var.ecr_images_kept,
    var.secret_recovery_days,
    var.cloudfront_price_class,
    var.flow_log_traffic,
  ]
}
