//! `graph`: services, dependencies and profiles as a picture.

mod drawn;
mod svg;

use anyhow::Result;
use common::exit::Status;
use common::streams::output;

use self::drawn::{edges, of};
use super::load;
use crate::cli::{Graph, Picture, Shared};
use crate::model::{Platform, Restart};
use crate::spec::types::Condition;

pub(crate) fn run(shared: &Shared, options: &Graph) -> Result<Status> {
    let loaded = load(shared)?;
    let text = match options.format {
        Picture::Svg => svg::draw(&loaded.platform),
        Picture::Dot => dot(&loaded.platform),
        Picture::Mermaid => mermaid(&loaded.platform),
    };
    output(&text)?;
    Ok(Status::Done)
}

fn dot(platform: &Platform) -> String {
    let mut text =
        String::from("digraph platform {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n");
    for home in platform.homes() {
        text.push_str(&format!("  subgraph \"cluster_{home}\" {{\n    label=\"{home}\";\n"));
        for service in of(platform, home) {
            text.push_str(&format!("    \"{}\";\n", service.name));
        }
        text.push_str("  }\n");
    }
    for (from, to, condition, required) in edges(platform) {
        let style = if required { "solid" } else { "dashed" };
        text.push_str(&format!(
            "  \"{from}\" -> \"{to}\" [label=\"{}\", style={style}];\n",
            word(condition)
        ));
    }
    text + "}\n"
}

fn mermaid(platform: &Platform) -> String {
    let mut text = String::from("flowchart LR\n");
    for home in platform.homes() {
        text.push_str(&format!("    subgraph {home}\n"));
        for service in of(platform, home) {
            let (open, close) = match service.restart {
                Restart::Always => ("[", "]"),
                Restart::Job(_) => ("([", "])"),
            };
            text.push_str(&format!("        {}{open}\"{0}\"{close}\n", service.name));
        }
        text.push_str("    end\n");
    }
    for (from, to, _, required) in edges(platform) {
        let arrow = if required { "-->" } else { "-.->" };
        text.push_str(&format!("    {from} {arrow} {to}\n"));
    }
    text
}

fn word(condition: Condition) -> &'static str {
    match condition {
        Condition::ServiceStarted => "started",
        Condition::ServiceHealthy => "healthy",
        Condition::ServiceCompletedSuccessfully => "completed",
    }
}
