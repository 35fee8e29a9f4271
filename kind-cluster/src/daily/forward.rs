//! `port-forward`: a Service of the overlay, by its name, on this machine.

use std::time::Duration;

use common::exit::Status;
use common::stop::Stop;
use common::streams;

use super::select;
use crate::cli::{self, Shared};
use crate::cluster::{Cluster, context_of};
use crate::object::{list, name, number, text};
use crate::{process, render};

const FOREVER: Duration = Duration::from_secs(30 * 24 * 3600);

/// `port-forward`: goes on until it is ended.
pub(crate) async fn run(shared: &Shared, options: &cli::PortForward) -> Result<Status, Stop> {
    let rendered = render::overlay(shared).await?;
    let cluster = Cluster::connect(&shared.name).await?;
    let all = select::of_kinds(&cluster, &rendered, &[("v1", "Service")]).await?;
    let chosen = select::named(all, std::slice::from_ref(&options.service), "Service")?;
    let Some(service) = chosen.first() else {
        return Err(Stop::bad("no-such-workload", "the overlay has no Service"));
    };
    let ports = match options.ports.is_empty() {
        false => options.ports.clone(),
        true => {
            let ports = list(service, "/spec/ports").iter();
            ports.map(|port| number(port, "/port").to_string()).collect()
        }
    };
    let (context, target) = (context_of(&shared.name), format!("service/{}", name(service)));
    let namespace = text(service, "/metadata/namespace");
    let mut arguments =
        vec!["--context", &context, "--namespace", namespace, "port-forward", &target];
    arguments.extend(ports.iter().map(String::as_str));
    let mut command = process::command("kubectl", &arguments);
    let each = |bytes: &[u8]| streams::output(&String::from_utf8_lossy(bytes));
    match process::pipe(&mut command, async |_| (), each, FOREVER).await? {
        Some(((), output)) if !output.success => {
            Err(process::failed("kubectl", &["port-forward"], &output))
        }
        _ => Ok(Status::Done),
    }
}
