//! The values that AWS answers with: made of a resource's name where AWS does so, and otherwise of its
//! address, so that no two are the same.

use serde_json::{Map, Value, json};

use super::convert::text;
use super::document;
use super::model::{ACCOUNT, Answer};
use super::scope::References;

/// An attribute of an instance that the layer does not give.
pub(super) fn attribute(
    module: &dyn References,
    object: &Map<String, Value>,
    name: &str,
) -> Answer {
    let marker = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let (kind, address) = (marker("$kind"), marker("$address"));
    if kind.is_empty() {
        return Err(format!("there is no attribute {name}"));
    }
    let given = |name: &str| object.get(name).map(text).transpose().map(Option::unwrap_or_default);
    let arn = |service: &str, region: &str, rest: String| {
        json!(format!("arn:aws:{service}:{region}:{ACCOUNT}:{rest}"))
    };
    let here = "us-east-1";
    Ok(match (kind, name) {
        ("data.aws_iam_policy_document", "json" | "minified_json") => document::json(object)?,
        ("data.aws_caller_identity", "account_id") => json!(ACCOUNT),
        ("data.aws_region", "name" | "id") => json!(here),
        ("data.aws_partition", "partition") => json!("aws"),
        ("data.aws_default_tags", "tags") => module.default_tags()?,
        ("data.terraform_remote_state", "outputs") => module.remote_outputs(),
        ("data.aws_eks_addon_version", "version") => {
            json!(format!("v{}-recommended", given("kubernetes_version")?))
        }
        ("data.aws_ec2_instance_type", "supported_architectures") => json!(["x86_64"]),
        ("aws_s3_bucket", "arn") => json!(format!("arn:aws:s3:::{}", given("bucket")?)),
        ("aws_s3_bucket", "id") => json!(given("bucket")?),
        ("aws_s3_bucket", "bucket_regional_domain_name") => {
            json!(format!("{}.s3.us-east-1.amazonaws.com", given("bucket")?))
        }
        ("aws_dynamodb_table", "arn") => arn("dynamodb", here, format!("table/{}", given("name")?)),
        ("aws_iam_role", "arn") => arn("iam", "", format!("role/{}", given("name")?)),
        ("aws_iam_role", "id") => json!(given("name")?),
        ("aws_iam_policy", "arn") => arn("iam", "", format!("policy/{}", given("name")?)),
        ("aws_iam_openid_connect_provider" | "data.aws_iam_openid_connect_provider", "arn") => {
            let host = given("url")?.replace("https://", "");
            arn("iam", "", format!("oidc-provider/{host}"))
        }
        ("aws_secretsmanager_secret", "arn" | "id") => {
            arn("secretsmanager", here, format!("secret:{}-AbCdEf", given("name")?))
        }
        ("aws_ecr_repository", "arn") => arn("ecr", here, format!("repository/{}", given("name")?)),
        ("aws_ecr_repository", "repository_url") => {
            json!(format!("{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/{}", given("name")?))
        }
        ("aws_cloudwatch_log_group", "arn") => {
            arn("logs", here, format!("log-group:{}", given("name")?))
        }
        ("aws_sns_topic", "arn") => arn("sns", here, given("name")?),
        ("aws_backup_vault", "arn") => {
            arn("backup", here, format!("backup-vault:{}", given("name")?))
        }
        ("aws_eks_cluster", "arn") => arn("eks", here, format!("cluster/{}", given("name")?)),
        ("aws_kms_key", "arn") => {
            arn("kms", here, "key/11111111-2222-3333-4444-555555555555".into())
        }
        ("aws_acm_certificate", "arn") => {
            arn("acm", here, "certificate/11111111-2222-3333-4444-555555555555".into())
        }
        ("aws_cloudfront_distribution", "arn") => {
            arn("cloudfront", "", "distribution/EDISTRIBUTION".into())
        }
        ("aws_lb", "arn") => {
            let path = format!("loadbalancer/app/{}/0000000000000001", given("name")?);
            arn("elasticloadbalancing", here, path)
        }
        ("aws_route53_record", "fqdn") => json!(given("name")?),
        ("aws_acm_certificate", "domain_validation_options") => {
            let mut names = vec![json!(given("domain_name")?)];
            let others = object.get("subject_alternative_names").and_then(Value::as_array);
            names.extend(others.into_iter().flatten().cloned());
            let proof = |name: Value| {
                json!({
                    "domain_name": name, "resource_record_name": "_proof", "resource_record_type": "CNAME",
                    "resource_record_value": "_proof.acm-validations.aws",
                })
            };
            names.into_iter().map(proof).collect()
        }
        ("aws_db_instance", "master_user_secret") => {
            json!([{ "secret_arn": format!("{address}.secret") }])
        }
        ("aws_launch_template", "latest_version") => json!(1),
        (_, "arn") => json!(format!("arn:aws:made-up:us-east-1:{ACCOUNT}:{address}")),
        _ => json!(format!("{address}.{name}")),
    })
}
