//! Health checks, with Compose's defaults written out.

use serde_json::{Map, Value};

use super::Builder;
use super::uncarried::NOT_CARRIED;
use crate::spec::quantity::duration;
use crate::spec::types::{self, Words};

/// The health check of a service.
#[derive(Clone, Debug)]
pub(crate) enum Health {
    /// Nothing; in Compose the image's own check counts.
    Unsaid,
    /// There is none, also not the image's.
    Off,
    /// The image's own check, which is not known here; the keys that Compose keeps.
    Image(Map<String, Value>),
    Check(Check),
}

/// A health check. Times are milliseconds.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    /// The program and its arguments.
    pub(crate) command: Vec<String>,
    pub(crate) interval: u64,
    pub(crate) timeout: u64,
    pub(crate) retries: u32,
    pub(crate) start_period: u64,
    /// Between checks before the first success; Compose alone has it.
    pub(crate) start_interval: Option<u64>,
}

/// The highest number that Kubernetes counts to.
pub(crate) const MOST: u32 = i32::MAX as u32;

impl Check {
    /// The URL of a plain curl or wget of this host: port and path.
    pub(crate) fn http(&self) -> Option<(u16, &str)> {
        let words: Vec<&str> = match self.command.as_slice() {
            [shell, flag, line] if shell.ends_with("sh") && flag == "-c" => {
                let line = line.trim().trim_end_matches("|| exit 1").trim_end();
                let plain = |c: char| c.is_ascii_alphanumeric() || " -_./:=\"'".contains(c);
                if !line.chars().all(plain) {
                    return None;
                }
                line.split_whitespace().map(|w| w.trim_matches(['"', '\''])).collect()
            }
            words => words.iter().map(String::as_str).collect(),
        };
        let program = words.first()?.rsplit('/').next()?;
        if !matches!(program, "curl" | "wget") {
            return None;
        }
        // Options that a probe cannot repeat: headers, users, other methods.
        let harmless = [
            "-f",
            "-s",
            "-S",
            "-q",
            "-fs",
            "-sf",
            "-fsS",
            "-sSf",
            "-O",
            "-o",
            "-qO-",
            "--fail",
            "-O-",
            "--silent",
            "--quiet",
            "--spider",
            "--no-verbose",
            "-nv",
            "/dev/null",
            "--tries=1",
            "-",
        ];
        // Without it curl is content with an error's page, and httpGet is not.
        let fails = |word: &&str| *word == "--fail" || word.starts_with('-') && word.contains('f');
        if program == "curl" && !words.iter().any(fails) {
            return None;
        }
        let mut urls = Vec::new();
        for word in &words[1..] {
            match word.strip_prefix("http://") {
                Some(url) => urls.push(url),
                None if harmless.contains(word) => {}
                None => return None,
            }
        }
        let [url] = urls.as_slice() else { return None };
        let (host, path) = url.find('/').map_or((*url, "/"), |at| url.split_at(at));
        let (host, port) = host.split_once(':').unwrap_or((host, "80"));
        matches!(host, "localhost" | "127.0.0.1").then(|| Some((port.parse().ok()?, path)))?
    }
}

impl Builder<'_> {
    pub(super) fn health(&mut self, name: &str, service: &types::Service) -> Health {
        let Some(check) = &service.healthcheck else { return Health::Unsaid };
        if check.disable == Some(true) {
            return Health::Off;
        }
        let path = ["services", name, "healthcheck"];
        let command = match &check.test {
            None => {
                let message = format!(
                    "healthcheck of \"{name}\" has no test, and the image's own is not known here"
                );
                self.say.warning(NOT_CARRIED, message, &path);
                return image(check);
            }
            Some(Words::Line(line)) => vec!["/bin/sh".into(), "-c".into(), line.clone()],
            Some(Words::List(words)) => match words.split_first() {
                Some((kind, [])) if kind == "NONE" => return Health::Off,
                // The words behind the line are the shell's own parameters.
                Some((kind, rest)) if kind == "CMD-SHELL" && !rest.is_empty() => {
                    ["/bin/sh", "-c"].map(str::to_owned).into_iter().chain(rest.to_vec()).collect()
                }
                None => {
                    let message = format!(
                        "healthcheck of \"{name}\" has no test, and the image's own is not known here"
                    );
                    self.say.warning(NOT_CARRIED, message, &path);
                    return image(check);
                }
                Some((kind, argv)) if kind == "CMD" && !argv.is_empty() => argv.to_vec(),
                _ => {
                    let path = ["services", name, "healthcheck", "test"];
                    let message = "this is not a test of a health check".to_owned();
                    let hint =
                        "[CMD, program, arguments…], [CMD-SHELL, line], [NONE] or one string";
                    self.say.hinted("bad-test", message, &path, hint);
                    return Health::Unsaid;
                }
            },
        };
        let mut time = |key: &str, text: &Option<String>, default: u64| {
            let Some(text) = text else { return default };
            let path = ["services", name, "healthcheck", key];
            match duration(text) {
                // Docker takes its default for nothing.
                Some(0) => default,
                Some(milliseconds) => {
                    if milliseconds % 1000 != 0 {
                        let message = format!(
                            "Kubernetes counts whole seconds: {text} becomes {}s there",
                            milliseconds.div_ceil(1000)
                        );
                        self.say.warning("rounded-up", message, &path);
                    }
                    milliseconds
                }
                None => {
                    let message = format!("\"{text}\" is not a duration");
                    let hint = match text.parse::<u64>() {
                        Ok(_) => format!("a unit is missing, such as {text}s"),
                        Err(_) => "write it like 10s, 1m30s or 500ms".to_owned(),
                    };
                    self.say.hinted("bad-duration", message, &path, hint);
                    default
                }
            }
        };
        let interval = time("interval", &check.interval, 30_000);
        let timeout = time("timeout", &check.timeout, 30_000);
        let start_period = time("start_period", &check.start_period, 0);
        let start_interval = time("start_interval", &check.start_interval, 5_000);
        let start_interval = check.start_interval.is_some().then_some(start_interval);
        let mut retries = check.retries.filter(|count| *count > 0).unwrap_or(3);
        if retries > MOST {
            let path = ["services", name, "healthcheck", "retries"];
            let message =
                format!("{retries} retries are {MOST} in Kubernetes, which counts no further");
            self.say.warning(NOT_CARRIED, message, &path);
            retries = MOST;
        }
        Health::Check(Check { command, interval, timeout, retries, start_period, start_interval })
    }
}

/// The keys of a check whose test is the image's.
fn image(check: &types::Healthcheck) -> Health {
    let times = [
        ("interval", &check.interval),
        ("timeout", &check.timeout),
        ("start_period", &check.start_period),
        ("start_interval", &check.start_interval),
    ];
    let times = times.into_iter().filter_map(|(key, time)| Some((key, time.clone()?.into())));
    let retries = check.retries.map(|count| ("retries", count.into()));
    Health::Image(times.chain(retries).map(|(key, value)| (key.to_owned(), value)).collect())
}

#[cfg(test)]
mod tests {
    use super::Check;

    #[test]
    fn a_plain_request_of_this_host_is_recognised() {
        let check = |command: &[&str]| Check {
            command: command.iter().map(|w| (*w).to_owned()).collect(),
            interval: 0,
            timeout: 0,
            retries: 1,
            start_period: 0,
            start_interval: None,
        };
        let plain = check(&["curl", "-f", "http://localhost:8080/health"]);
        assert_eq!(plain.http(), Some((8080, "/health")));
        let shell =
            check(&["/bin/sh", "-c", "wget -q -O /dev/null http://127.0.0.1:3200/ready || exit 1"]);
        assert_eq!(shell.http(), Some((3200, "/ready")));
        for other in [
            &["curl", "-u", "a:b", "http://localhost/"][..],
            &["/bin/sh", "-c", "curl -f http://localhost/ | grep ok"],
            &["curl", "-f", "http://kafka:9092/"],
            &["redis-cli", "ping"],
            &["curl", "-s", "http://localhost:9200/"],
        ] {
            assert_eq!(check(other).http(), None, "{other:?}");
        }
    }
}
