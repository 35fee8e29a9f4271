//! Every setting of an AWS tool, next to boto3 in the same environment: both send their request to the same
//! host, with the same credentials, for the same region, and as often.

use std::fs;
use std::path::Path;
use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::proxy::{Action, Proxy, Request};
use rideshare_tests::run::run;
use rideshare_tests::tls::Front;

use crate::support::{Bench, tool};

/// One environment. In its texts `FAKE` is the address of the fake, `TLS` the one behind TLS, `DIR` the test's
/// folder. A variable that is "" is unset, and one that is `EMPTY` is empty.
struct Row {
    name: &'static str,
    variables: &'static [(&'static str, &'static str)],
    config: &'static str,
    /// Parts of the requests, so that two clients which ignore a setting do not agree.
    holds: &'static [&'static str],
    /// How often it answers with a failure.
    failures: usize,
}

const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIAENV"), ("AWS_SECRET_ACCESS_KEY", "s")];

const fn row(
    name: &'static str,
    variables: &'static [(&'static str, &'static str)],
    config: &'static str,
    holds: &'static [&'static str],
) -> Row {
    Row { name, variables, config, holds, failures: 0 }
}

const fn failing(row: Row, failures: usize) -> Row {
    Row { failures, ..row }
}

/// Requests to AWS itself are seen by a proxy, which passes none of them on.
const TO_AWS: [(&str, &str); 3] = [
    ("HTTPS_PROXY", "http://FAKE"),
    ("AWS_MAX_ATTEMPTS", "1"),
    ("AWS_DEFAULT_REGION", "eu-west-3"),
];

const AWS_CASES: &[Row] = &[
    row("AWS itself", &[], "", &["CONNECT secretsmanager.eu-west-3.amazonaws.com:443"]),
    row(
        "FIPS",
        &[("AWS_USE_FIPS_ENDPOINT", "true"), ("AWS_DEFAULT_REGION", "us-east-2")],
        "",
        &["CONNECT secretsmanager-fips.us-east-2.amazonaws.com:443"],
    ),
    row(
        "FIPS in the profile",
        &[("AWS_DEFAULT_REGION", "us-east-2")],
        "[default]\nuse_fips_endpoint = true\n",
        &["secretsmanager-fips"],
    ),
    row(
        "dual stack",
        &[("AWS_USE_DUALSTACK_ENDPOINT", "true")],
        "",
        &["CONNECT secretsmanager.eu-west-3."],
    ),
    row(
        "dual stack in the profile",
        &[],
        "[default]\nuse_dualstack_endpoint = true\n",
        &["CONNECT secretsmanager.eu-west-3."],
    ),
    row(
        "another partition",
        &[("AWS_DEFAULT_REGION", "cn-north-1")],
        "",
        &["CONNECT secretsmanager.cn-north-1.amazonaws.com.cn:443"],
    ),
    row(
        "region of the profile",
        &[("AWS_PROFILE", "p"), ("AWS_DEFAULT_REGION", "")],
        "[profile p]\nregion = ap-south-1\n",
        &["ap-south-1"],
    ),
    row(
        "endpoints that are ignored",
        &[
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"),
        ],
        "",
        &["CONNECT secretsmanager.eu-west-3"],
    ),
    row(
        "endpoints that the profile ignores",
        &[],
        "[default]\nignore_configured_endpoint_urls = true\nendpoint_url = http://127.0.0.1:1\n",
        &["CONNECT secretsmanager.eu-west-3"],
    ),
    row(
        "lower-case proxy",
        &[("HTTPS_PROXY", ""), ("https_proxy", "http://FAKE")],
        "",
        &["CONNECT "],
    ),
    row(
        "proxy with a password",
        &[("HTTPS_PROXY", "http://user:word@FAKE")],
        "",
        &["CONNECT ", "Basic dXNlcjp3b3Jk"],
    ),
    row(
        "proxy with an encoded password",
        &[("HTTPS_PROXY", "http://us%40er:p%3Aw%25@FAKE")],
        "",
        &["CONNECT ", "Basic dXNAZXI6cDp3JQ=="],
    ),
    row("proxy without a scheme", &[("HTTPS_PROXY", "FAKE")], "", &["CONNECT "]),
    row(
        "lower-case proxy before the other",
        &[("HTTPS_PROXY", "http://127.0.0.1:1"), ("https_proxy", "http://FAKE")],
        "",
        &["CONNECT "],
    ),
    row(
        "FIPS and dual stack",
        &[
            ("AWS_USE_FIPS_ENDPOINT", "TRUE"),
            ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
            ("AWS_DEFAULT_REGION", "us-east-2"),
        ],
        "",
        &["CONNECT secretsmanager-fips.us-east-2."],
    ),
    row(
        "FIPS off before the profile",
        &[("AWS_USE_FIPS_ENDPOINT", "false"), ("AWS_DEFAULT_REGION", "us-east-2")],
        "[default]\nuse_fips_endpoint = true\n",
        &["CONNECT secretsmanager.us-east-2."],
    ),
    row(
        "account in endpoints",
        &[("AWS_ACCOUNT_ID_ENDPOINT_MODE", "required")],
        "",
        &["CONNECT secretsmanager.eu-west-3."],
    ),
    row(
        "web identity and FIPS in the profile",
        &[
            ("AWS_ACCESS_KEY_ID", ""),
            ("AWS_SECRET_ACCESS_KEY", ""),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "DIR/token"),
            ("AWS_ROLE_ARN", "arn:aws:iam::000000000001:role/x"),
            ("AWS_DEFAULT_REGION", "us-east-2"),
        ],
        "[default]\naws_access_key_id = AKIADEF\naws_secret_access_key = s\nuse_fips_endpoint = true\n",
        &["CONNECT sts-fips.us-east-2.amazonaws.com:443"],
    ),
    row(
        "services section that is not there",
        &[("AWS_PROFILE", "p")],
        "[profile p]\nservices = y\n[services x]\nsecrets_manager =\n  endpoint_url = http://127.0.0.1:1\n",
        &[],
    ),
    row(
        "services section without indentation",
        &[("AWS_PROFILE", "p")],
        "[profile p]\nservices = x\n[services x]\nsecrets_manager =\nendpoint_url = http://127.0.0.1:1\n",
        &[],
    ),
];

const CASES: &[Row] = &[
    row(
        "endpoint and keys",
        &[("AWS_ENDPOINT_URL", "http://FAKE")],
        "",
        &["BatchGetSecretValue", "AKIAENV", "us-east-1"],
    ),
    row(
        "endpoint of the service",
        &[
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://FAKE"),
        ],
        "",
        &["BatchGetSecretValue"],
    ),
    row(
        "endpoint of the profile",
        &[("AWS_PROFILE", "p")],
        "[profile p]\nendpoint_url = http://FAKE\n",
        &["BatchGetSecretValue"],
    ),
    row(
        "services section",
        &[("AWS_PROFILE", "p")],
        "[profile p]\nservices = x\nendpoint_url = http://127.0.0.1:1\n[services x]\nsecrets_manager =\n  endpoint_url = http://FAKE\n",
        &["BatchGetSecretValue"],
    ),
    row(
        "environment before the services section",
        &[("AWS_PROFILE", "p"), ("AWS_ENDPOINT_URL", "http://FAKE")],
        "[profile p]\nservices = x\n[services x]\nsecrets_manager =\n  endpoint_url = http://127.0.0.1:1\n",
        &["BatchGetSecretValue"],
    ),
    row(
        "session token",
        &[("AWS_ENDPOINT_URL", "http://FAKE"), ("AWS_SESSION_TOKEN", "TOKEN")],
        "",
        &["token TOKEN"],
    ),
    row(
        "HTTP proxy",
        &[("AWS_ENDPOINT_URL", "http://secrets.test:4566"), ("HTTP_PROXY", "http://FAKE")],
        "",
        &["POST http://secrets.test:4566/"],
    ),
    row(
        "NO_PROXY",
        &[
            ("AWS_ENDPOINT_URL", "http://FAKE"),
            ("HTTP_PROXY", "http://127.0.0.1:1"),
            ("NO_PROXY", "localhost,127.0.0.1"),
        ],
        "",
        &["POST / "],
    ),
    row(
        "NO_PROXY for all",
        &[
            ("AWS_ENDPOINT_URL", "http://FAKE"),
            ("HTTP_PROXY", "http://127.0.0.1:1"),
            ("NO_PROXY", "*"),
        ],
        "",
        &["POST / "],
    ),
    row(
        "NO_PROXY with a port",
        &[
            ("AWS_ENDPOINT_URL", "http://FAKE"),
            ("HTTP_PROXY", "http://127.0.0.1:1"),
            ("NO_PROXY", " a.test , FAKE"),
        ],
        "",
        &["POST / "],
    ),
    row(
        "empty lower-case proxy",
        &[
            ("AWS_ENDPOINT_URL", "http://FAKE"),
            ("HTTP_PROXY", "http://127.0.0.1:1"),
            ("http_proxy", "EMPTY"),
        ],
        "",
        &["POST / "],
    ),
    row(
        "empty lower-case no_proxy",
        &[
            ("AWS_ENDPOINT_URL", "http://secrets.test"),
            ("HTTP_PROXY", "http://FAKE"),
            ("NO_PROXY", "secrets.test"),
            ("no_proxy", "EMPTY"),
        ],
        "",
        &["POST http://secrets.test/"],
    ),
    row(
        "NO_PROXY with a star among others",
        &[
            ("AWS_ENDPOINT_URL", "http://secrets.test"),
            ("HTTP_PROXY", "http://FAKE"),
            ("NO_PROXY", "*,other.test"),
        ],
        "",
        &["POST http://secrets.test/"],
    ),
    row(
        "NO_PROXY for others",
        &[
            ("AWS_ENDPOINT_URL", "http://secrets.test"),
            ("HTTP_PROXY", "http://FAKE"),
            ("NO_PROXY", "other.test"),
        ],
        "",
        &["POST http://secrets.test/"],
    ),
    row(
        "ALL_PROXY",
        &[("AWS_ENDPOINT_URL", "http://FAKE"), ("ALL_PROXY", "http://127.0.0.1:1")],
        "",
        &["POST / "],
    ),
    row(
        "FIPS and an endpoint",
        &[
            ("AWS_ENDPOINT_URL", "http://FAKE"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_USE_DUALSTACK_ENDPOINT", "true"),
        ],
        "",
        &["BatchGetSecretValue"],
    ),
    row(
        "services section with Windows' line ends and a tab",
        &[("AWS_PROFILE", "p")],
        "[profile p]\r\nservices = x\r\n[services x]\r\nsecrets_manager =\r\n\tendpoint_url = http://FAKE\r\n",
        &["BatchGetSecretValue"],
    ),
    row(
        "services section with more services",
        &[("AWS_PROFILE", "p")],
        "[profile p]\nservices = x\n[services x]\ns3 =\n  endpoint_url = http://127.0.0.1:1\nsecrets_manager =\n  endpoint_url = http://FAKE\n",
        &["BatchGetSecretValue"],
    ),
    row("no attempts", &[("AWS_ENDPOINT_URL", "http://FAKE"), ("AWS_MAX_ATTEMPTS", "0")], "", &[]),
    row(
        "attempts that are no number",
        &[("AWS_ENDPOINT_URL", "http://FAKE"), ("AWS_MAX_ATTEMPTS", "many")],
        "",
        &[],
    ),
    row(
        "certificates",
        &[("AWS_ENDPOINT_URL", "https://TLS"), ("AWS_CA_BUNDLE", "DIR/ca.pem")],
        "",
        &["BatchGetSecretValue"],
    ),
    row(
        "certificates of the profile",
        &[("AWS_ENDPOINT_URL", "https://TLS")],
        "[default]\nca_bundle = DIR/ca.pem\n",
        &["BatchGetSecretValue"],
    ),
    row(
        "certificates without the authority",
        &[("AWS_ENDPOINT_URL", "https://TLS"), ("AWS_MAX_ATTEMPTS", "1")],
        "",
        &[],
    ),
    failing(
        row(
            "attempts",
            &[("AWS_ENDPOINT_URL", "http://FAKE"), ("AWS_MAX_ATTEMPTS", "2")],
            "",
            &["BatchGetSecretValue"],
        ),
        9,
    ),
    failing(
        row(
            "one attempt",
            &[("AWS_ENDPOINT_URL", "http://FAKE"), ("AWS_MAX_ATTEMPTS", "1")],
            "",
            &["BatchGetSecretValue"],
        ),
        9,
    ),
    failing(
        row(
            "attempts of the profile",
            &[("AWS_ENDPOINT_URL", "http://FAKE")],
            "[default]\nmax_attempts = 2\nretry_mode = standard\n",
            &["BatchGetSecretValue"],
        ),
        9,
    ),
    failing(
        row(
            "retry mode",
            &[("AWS_ENDPOINT_URL", "http://FAKE"), ("AWS_RETRY_MODE", "standard")],
            "",
            &["BatchGetSecretValue"],
        ),
        9,
    ),
    failing(
        row(
            "adaptive mode",
            &[
                ("AWS_ENDPOINT_URL", "http://FAKE"),
                ("AWS_RETRY_MODE", "adaptive"),
                ("AWS_MAX_ATTEMPTS", "2"),
            ],
            "",
            &["BatchGetSecretValue"],
        ),
        9,
    ),
    failing(
        row(
            "legacy mode",
            &[
                ("AWS_ENDPOINT_URL", "http://FAKE"),
                ("AWS_RETRY_MODE", "legacy"),
                ("AWS_MAX_ATTEMPTS", "3"),
            ],
            "",
            &["BatchGetSecretValue"],
        ),
        9,
    ),
];

/// Rows without keys in the environment.
const SOURCES: &[Row] = &[
    row(
        "keys of the default profile",
        &[],
        "[default]\naws_access_key_id = AKIADEF\naws_secret_access_key = s\n",
        &["AKIADEF"],
    ),
    row(
        "keys of a profile",
        &[("AWS_PROFILE", "p")],
        "[profile p]\naws_access_key_id = AKIAPROF\naws_secret_access_key = s\naws_session_token = T\nregion = eu-west-1\n",
        &["AKIAPROF", "eu-west-1", "token T"],
    ),
    row(
        "AWS_DEFAULT_PROFILE",
        &[("AWS_DEFAULT_PROFILE", "p")],
        "[profile p]\naws_access_key_id = AKIAPROF\naws_secret_access_key = s\n",
        &["AKIAPROF"],
    ),
    row(
        "credentials file",
        &[("AWS_SHARED_CREDENTIALS_FILE", "DIR/config")],
        "[default]\naws_access_key_id = AKIAFILE\naws_secret_access_key = s\n",
        &["AKIAFILE"],
    ),
    row(
        "source profile",
        &[("AWS_PROFILE", "p")],
        "[profile p]\nrole_arn = arn:aws:iam::000000000001:role/x\nsource_profile = base\n[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n",
        &["ASIAROLE", "token TOKROLE"],
    ),
    row(
        "credential source",
        &[("AWS_PROFILE", "p"), ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://FAKE/creds")],
        "[profile p]\nrole_arn = arn:aws:iam::000000000001:role/x\ncredential_source = EcsContainer\n",
        &["ASIAROLE"],
    ),
    row(
        "process",
        &[("AWS_PROFILE", "p")],
        "[profile p]\ncredential_process = cat DIR/process.json\n",
        &["AKIAPROCESS"],
    ),
    row(
        "SSO session",
        &[("AWS_PROFILE", "p")],
        "[profile p]\nsso_session = corp\nsso_account_id = 000000000001\nsso_role_name = dev\n[sso-session corp]\nsso_region = us-east-1\nsso_start_url = https://corp.example/start\n",
        &["AKIASSO", "token TOKSSO"],
    ),
    row(
        "web identity",
        &[
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "DIR/token"),
            ("AWS_ROLE_ARN", "arn:aws:iam::000000000001:role/x"),
        ],
        "",
        &["ASIAWEBID", "token TOKWEB"],
    ),
    row(
        "web identity of a profile",
        &[("AWS_PROFILE", "p")],
        "[profile p]\nrole_arn = arn:aws:iam::000000000001:role/x\nweb_identity_token_file = DIR/token\n",
        &["ASIAWEBID"],
    ),
    row(
        "web identity before the default profile",
        &[
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "DIR/token"),
            ("AWS_ROLE_ARN", "arn:aws:iam::000000000001:role/x"),
        ],
        "[default]\naws_access_key_id = AKIADEF\naws_secret_access_key = s\n",
        &["ASIAWEBID"],
    ),
    row(
        "web identity and an endpoint of the profile",
        &[
            ("AWS_ENDPOINT_URL", ""),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "DIR/token"),
            ("AWS_ROLE_ARN", "arn:aws:iam::000000000001:role/x"),
        ],
        "[default]\naws_access_key_id = AKIADEF\naws_secret_access_key = s\nendpoint_url = http://FAKE\n",
        &["ASIAWEBID", "token TOKWEB"],
    ),
    row(
        "web identity and an endpoint of the services section",
        &[
            ("AWS_ENDPOINT_URL", ""),
            ("AWS_PROFILE", "p"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "DIR/token"),
            ("AWS_ROLE_ARN", "arn:aws:iam::000000000001:role/x"),
        ],
        "[profile p]\nservices = x\nendpoint_url = http://127.0.0.1:1\naws_access_key_id = AKIAPROF\naws_secret_access_key = s\n[services x]\nsts =\n  endpoint_url = http://FAKE\nsecrets_manager =\n  endpoint_url = http://FAKE\n",
        &["ASIAWEBID", "token TOKWEB"],
    ),
    row(
        "web identity, FIPS and an endpoint",
        &[
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "DIR/token"),
            ("AWS_ROLE_ARN", "arn:aws:iam::000000000001:role/x"),
        ],
        "[default]\naws_access_key_id = AKIADEF\naws_secret_access_key = s\n",
        &["ASIAWEBID"],
    ),
    row(
        "web identity before a process",
        &[
            ("AWS_PROFILE", "p"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "DIR/token"),
            ("AWS_ROLE_ARN", "arn:aws:iam::000000000001:role/x"),
        ],
        "[profile p]\ncredential_process = cat DIR/process.json\n",
        &["ASIAWEBID"],
    ),
    row(
        "a profile's role before web identity",
        &[
            ("AWS_PROFILE", "p"),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "DIR/token"),
            ("AWS_ROLE_ARN", "arn:aws:iam::000000000001:role/x"),
        ],
        "[profile p]\nrole_arn = arn:aws:iam::000000000001:role/x\nsource_profile = base\n[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n",
        &["ASIAROLE"],
    ),
    row(
        "process of a profile before its keys",
        &[("AWS_PROFILE", "p")],
        "[profile p]\ncredential_process = cat DIR/process.json\naws_access_key_id = AKIAPROF\naws_secret_access_key = s\n",
        &["AKIAPROCESS"],
    ),
    row(
        "process with quotes",
        &[("AWS_PROFILE", "p")],
        "[profile p]\ncredential_process = sh -c \"cat 'DIR/process.json'\"\n",
        &["AKIAPROCESS"],
    ),
    row(
        "roles in a chain",
        &[("AWS_PROFILE", "p")],
        "[profile p]\nrole_arn = arn:aws:iam::000000000001:role/x\nsource_profile = q\n[profile q]\nrole_arn = arn:aws:iam::000000000002:role/y\nsource_profile = base\n[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n",
        &["ASIAROLE"],
    ),
    row(
        "role of its own keys",
        &[("AWS_PROFILE", "p")],
        "[profile p]\nrole_arn = arn:aws:iam::000000000001:role/x\nsource_profile = p\naws_access_key_id = AKIAPROF\naws_secret_access_key = s\n",
        &["ASIAROLE"],
    ),
    row(
        "roles in a circle",
        &[("AWS_PROFILE", "p")],
        "[profile p]\nrole_arn = arn:aws:iam::000000000001:role/x\nsource_profile = q\n[profile q]\nrole_arn = arn:aws:iam::000000000002:role/y\nsource_profile = p\n",
        &[],
    ),
    row(
        "file with Windows' line ends",
        &[("AWS_PROFILE", "p")],
        "[profile p]\r\naws_access_key_id = AKIAPROF\r\naws_secret_access_key = s\r\n",
        &["AKIAPROF"],
    ),
    row(
        "tabs and keys in capitals",
        &[("AWS_PROFILE", "p")],
        "[profile\tp]\nAWS_ACCESS_KEY_ID\t=\tAKIAPROF\naws_secret_access_key=s=/+x\n",
        &["AKIAPROF"],
    ),
    row(
        "nested settings and comments",
        &[("AWS_PROFILE", "p")],
        "# a\n[profile p] ; b\naws_access_key_id = AKIAPROF\naws_secret_access_key = s\ns3 =\n  addressing_style = path\n  endpoint_url = http://127.0.0.1:1\n",
        &["AKIAPROF"],
    ),
    row("a line that is no setting", &[("AWS_PROFILE", "p")], "[profile p]\ngarbage\n", &[]),
    row(
        "half of the keys",
        &[("AWS_ACCESS_KEY_ID", "AKIAENV")],
        "[default]\naws_access_key_id = AKIADEF\naws_secret_access_key = s\n",
        &[],
    ),
    row(
        "a secret key alone",
        &[("AWS_SECRET_ACCESS_KEY", "s")],
        "[default]\naws_access_key_id = AKIADEF\naws_secret_access_key = s\n",
        &["AKIADEF"],
    ),
    row(
        "container",
        &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://FAKE/creds")],
        "",
        &["AKIACONTAINER", "token TOKCONT"],
    ),
    row(
        "container behind a proxy",
        &[
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://FAKE/creds"),
            ("HTTP_PROXY", "http://127.0.0.1:1"),
            ("NO_PROXY", "FAKE_HOST"),
        ],
        "",
        &["AKIACONTAINER"],
    ),
    row(
        "instance role",
        &[
            ("AWS_EC2_METADATA_DISABLED", "false"),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://FAKE"),
        ],
        "",
        &["AKIAIMDS", "token TOKIMDS"],
    ),
];

const BOTO3: &str = "
import boto3, botocore.exceptions
try:
    boto3.client('secretsmanager', region_name=None).batch_get_secret_value(SecretIdList=['test/all'])
except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
    raise SystemExit(f'{type(error).__name__}: {error}')
";

#[test]
fn every_setting_means_what_it_means_to_boto3() {
    let Some(python) = peers::find("PEER_BOTO3_PYTHON") else { return };
    let mut wrong = Vec::new();
    for (rows, common) in [
        (AWS_CASES, [&TO_AWS[..], &KEYS].concat()),
        (CASES, KEYS.to_vec()),
        (SOURCES, vec![("AWS_ENDPOINT_URL", "http://FAKE")]),
    ] {
        for row in rows {
            if let Some(problem) = compare(row, &common, &python) {
                wrong.push(format!("{}: {problem}", row.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How the two clients differ in one environment.
fn compare(row: &Row, common: &[(&str, &str)], python: &Path) -> Option<String> {
    let bench = Bench::with_values([("A", "dev")]);
    let mut asked = Vec::new();
    for client in ["boto3", "fetch-secrets"] {
        let failures = row.failures;
        let fake =
            Proxy::start(([127, 0, 0, 1], 1).into(), move |request| answer(request, failures));
        let front = Front::start(fake.address);
        let fill = |text: &str| {
            text.replace("FAKE_HOST", &fake.address.ip().to_string())
                .replace("FAKE", &fake.address.to_string())
                .replace("TLS", &front.address.to_string())
                .replace("DIR", &bench.path().display().to_string())
        };
        bench.write("ca.pem", &front.authority);
        bench.write("config", &fill(row.config));
        files(&bench);
        let mut command = match client {
            "boto3" => {
                let mut command = Command::new(python);
                command.args(["-c", BOTO3]).env_clear();
                command.env("AWS_EC2_METADATA_DISABLED", "true");
                // The region that fetch-secrets takes when nothing names one.
                if !row.config.contains("\nregion =") {
                    command.env("AWS_DEFAULT_REGION", "us-east-1");
                }
                command
            }
            _ => {
                let mut command = tool();
                command.args(["print", "--profile", "core", "--timeout", "20s"]);
                command.env("PLATFORM_SPEC", bench.spec());
                command
            }
        };
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", bench.path());
        command.env("AWS_CONFIG_FILE", bench.path().join("config"));
        for (name, value) in common.iter().chain(row.variables) {
            match fill(value) {
                value if value.is_empty() => command.env_remove(name),
                value if value == "EMPTY" => command.env(name, ""),
                value => command.env(name, value),
            };
        }
        let ended = run(&mut command);
        let requests: Vec<String> = fake.requests().iter().filter_map(|r| shown(r)).collect();
        let works = row.failures == 0
            && !row.holds.is_empty()
            && !row.holds[0].starts_with("CONNECT")
            && !requests.iter().any(|request| request.starts_with("CONNECT"));
        if works && ended.status != 0 {
            return Some(format!("{client} fails:\n{}", ended.transcript(&[])));
        }
        let host = fake.address.to_string();
        let tls = front.address.to_string();
        asked.push(
            requests
                .into_iter()
                .map(|r| r.replace(&host, "FAKE").replace(&tls, "TLS"))
                .collect::<Vec<_>>(),
        );
    }
    let all = asked[0].join("\n");
    if let Some(lost) = row.holds.iter().find(|part| !all.contains(**part)) {
        return Some(format!("boto3 does not show {lost}:\n{all}"));
    }
    (asked[0] != asked[1])
        .then(|| format!("\n  boto3         {:?}\n  fetch-secrets {:?}", asked[0], asked[1]))
}

fn files(bench: &Bench) {
    bench.write("token", "a.web.token");
    bench.write(
        "process.json",
        r#"{"Version": 1, "AccessKeyId": "AKIAPROCESS", "SecretAccessKey": "s", "SessionToken": "TOKPROC"}"#,
    );
    // Named after the hash of the session's name.
    let cache = bench.path().join(".aws/sso/cache");
    fs::create_dir_all(&cache).unwrap();
    let token = r#"{"accessToken": "t", "expiresAt": "2099-01-01T00:00:00Z", "region": "us-east-1", "startUrl": "https://corp.example/start"}"#;
    fs::write(cache.join("ee0bfd2552fbd840c02cc48b6e823320543c450f.json"), token).unwrap();
}

/// A request for a secret, or for a way to it, as the two are compared.
fn shown(request: &Request) -> Option<String> {
    let proxied = request.header("proxy-authorization").unwrap_or_default();
    if request.method == "CONNECT" {
        return Some(format!("CONNECT {} {proxied}", request.path));
    }
    if request.operation().is_empty() {
        return None;
    }
    let authorization = request.header("authorization").unwrap_or_default();
    let scope = authorization.split("Credential=").nth(1).unwrap_or_default();
    let scope: Vec<&str> = scope.split(['/', ',']).collect();
    Some(format!(
        "{} {} {} host {} key {} region {} service {} token {} {proxied}",
        request.method,
        request.path,
        request.operation(),
        request.header("host").unwrap_or_default(),
        scope.first().unwrap_or(&""),
        scope.get(2).unwrap_or(&""),
        scope.get(3).unwrap_or(&""),
        request.header("x-amz-security-token").unwrap_or("none"),
    ))
}

/// The answers of Secrets Manager, the token service, a container and an instance.
fn answer(request: &Request, failures: usize) -> Action {
    let ok = |body: String| Action::Answer(200, body);
    let body = String::from_utf8_lossy(&request.body);
    if request.method == "CONNECT" {
        return Action::Answer(502, String::new());
    }
    if request.operation() == "BatchGetSecretValue" {
        if request.earlier < failures {
            return Action::Answer(
                500,
                r#"{"__type":"InternalServiceError","message":"x"}"#.into(),
            );
        }
        return ok(
            r#"{"SecretValues":[{"Name":"test/all","SecretString":"{\"A\":\"x\"}"}],"Errors":[]}"#
                .into(),
        );
    }
    for (operation, key) in [("AssumeRoleWithWebIdentity", "WEBID"), ("AssumeRole", "ROLE")] {
        if body.contains(&format!("Action={operation}&")) {
            let token = if key == "ROLE" { "TOKROLE" } else { "TOKWEB" };
            return ok(format!(
                "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{operation}Result><Credentials>\
                 <AccessKeyId>ASIA{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
                 <SessionToken>{token}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
                 <AssumedRoleUser><Arn>arn:aws:sts::000000000001:assumed-role/x/s</Arn><AssumedRoleId>A:s</AssumedRoleId>\
                 </AssumedRoleUser></{operation}Result></{operation}Response>"
            ));
        }
    }
    let keys = |name: &str, token: &str| {
        format!(
            r#"{{"Code":"Success","Type":"AWS-HMAC","LastUpdated":"2026-01-01T00:00:00Z","AccessKeyId":"AKIA{name}","SecretAccessKey":"s","Token":"{token}","Expiration":"2099-01-01T00:00:00Z"}}"#
        )
    };
    match request.path.split('?').next().unwrap_or_default() {
        "/creds" => ok(keys("CONTAINER", "TOKCONT")),
        "/latest/api/token" => {
            let header = "x-aws-ec2-metadata-token-ttl-seconds: 21600";
            Action::AnswerWith(200, header, "token".into())
        }
        path if path.ends_with("/security-credentials/") => ok("role".into()),
        path if path.contains("/security-credentials") => {
            if path.ends_with("/role") { ok(keys("IMDS", "TOKIMDS")) } else { Action::Answer(404, String::new()) }
        }
        "/federation/credentials" => ok(
            r#"{"roleCredentials":{"accessKeyId":"AKIASSO","secretAccessKey":"s","sessionToken":"TOKSSO","expiration":4070908800000}}"#.into(),
        ),
        _ => Action::Answer(404, String::new()),
    }
}
