//! The picture as SVG, for light and dark pages.

use std::collections::{BTreeMap, BTreeSet};

use common::markup::escape;

use super::drawn::{edges, of};
use crate::model::{Platform, Restart, Service};
use crate::spec::types::Condition;

/// A box is at least this wide; a longer name makes all boxes wider.
const WIDTH: usize = 172;
const HEIGHT: usize = 40;
const GAP_X: usize = 56;
const GAP_Y: usize = 14;
const LANE: usize = 34;
const MARGIN: usize = 24;

/// Fill and stroke of each profile in turn: light enough for black text.
const COLOURS: [(&str, &str); 6] = [
    ("#e7f0fd", "#3b6fb6"),
    ("#fdeee0", "#c06a1d"),
    ("#e8f6ea", "#3c8a4b"),
    ("#f4eafb", "#8150a8"),
    ("#fdf6d8", "#a58512"),
    ("#e3f5f5", "#2b8586"),
];

const LEGEND: [&str; 2] = [
    "Colour: the profile that starts the service. Rounded box: a job, which ends. Every service with secrets also waits for them.",
    "Solid arrow: the service waits until the other is healthy. Dotted: until the job has ended. Dashed: only if the other is started.",
];

/// The picture follows the reader's choice of light or dark; the colours of the profiles serve both.
const STYLE: &str = "\
text { font: 13px system-ui, sans-serif; } \
.name { font-weight: 600; fill: #1b1f24; } .image { font-size: 10px; fill: #57606a; } \
.legend { font-size: 12px; fill: #57606a; } .lane { font-size: 14px; font-weight: 700; } \
.page { fill: #ffffff; } .box { fill: #ffffff; } .group { opacity: 0.55; } .head { fill: #6e7781; } \
.edge { fill: none; stroke: #6e7781; stroke-width: 1.3; } \
.completed { stroke-dasharray: 1 3; stroke-linecap: round; } .optional { stroke-dasharray: 6 4; } \
@media (prefers-color-scheme: dark) { \
.page { fill: #0d1117; } .box { fill: #161b22; } .group { opacity: 0.12; } .name { fill: #e6edf3; } \
.image, .legend { fill: #9198a1; } .edge { stroke: #9198a1; } .head { fill: #9198a1; } }";

/// Profiles are lanes from top to bottom, the order of starting goes from left to right.
pub(super) fn draw(platform: &Platform) -> String {
    let edges = edges(platform);
    let columns = columns(platform, &edges);
    let mut places: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut lanes = String::new();
    let mut top = MARGIN;
    let last = columns.values().copied().max().unwrap_or(0);
    // A bold letter of a name takes about 8 units.
    let longest = platform.services.keys().map(|name| name.len() * 8 + 16).max().unwrap_or(0);
    let wide = WIDTH.max(longest);
    let width = 2 * MARGIN + LANE + (last + 1) * (wide + GAP_X) - GAP_X + MARGIN + 16;
    for (index, home) in platform.homes().into_iter().enumerate() {
        let mut by_column: BTreeMap<usize, Vec<&Service>> = BTreeMap::new();
        for service in of(platform, home) {
            let column = columns.get(service.name.as_str()).copied().unwrap_or(0);
            by_column.entry(column).or_default().push(service);
        }
        let rows = by_column.values().map(Vec::len).max().unwrap_or(0);
        // The name of a lane stands upright: about 9 units a letter.
        let height = (rows * (HEIGHT + GAP_Y) + GAP_Y).max(home.len() * 9 + 12);
        let above = (height - rows * (HEIGHT + GAP_Y) - GAP_Y) / 2;
        for (column, services) in &by_column {
            let free = (rows - services.len()) * (HEIGHT + GAP_Y) / 2;
            for (row, service) in services.iter().enumerate() {
                let x = MARGIN + LANE + 16 + column * (wide + GAP_X);
                let y = top + GAP_Y + above + free + row * (HEIGHT + GAP_Y);
                places.insert(&service.name, (x, y));
            }
        }
        let (fill, stroke) = COLOURS[index % COLOURS.len()];
        let middle = top + height / 2;
        let x = MARGIN + LANE / 2 + 4;
        lanes.push_str(&format!(
            "  <rect x=\"{MARGIN}\" y=\"{top}\" width=\"{}\" height=\"{height}\" rx=\"10\" fill=\"{fill}\" class=\"group\"/>\n  \
             <text x=\"{x}\" y=\"{middle}\" transform=\"rotate(-90 {x} {middle})\" text-anchor=\"middle\" class=\"lane\" fill=\"{stroke}\">{home}</text>\n",
            width - 2 * MARGIN
        ));
        top += height + GAP_Y;
    }
    let legend = top + 18;
    let height = legend + 44;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n  \
         <title>Services, dependencies and profiles of {}</title>\n  \
         <style>{STYLE}</style>\n  \
         <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" class=\"head\"/></marker></defs>\n  \
         <rect width=\"100%\" height=\"100%\" class=\"page\"/>\n",
        platform.name
    );
    out.push_str(&lanes);
    for (from, to, condition, required) in &edges {
        let (Some((x1, y1)), Some((x2, y2))) = (places.get(from), places.get(to)) else { continue };
        out.push_str(&edge((*x1 + wide, *y1), (*x2, *y2), *condition, *required));
    }
    for (index, home) in platform.homes().into_iter().enumerate() {
        for service in of(platform, home) {
            let Some((x, y)) = places.get(service.name.as_str()) else { continue };
            out.push_str(&node(service, (*x, *y), wide, COLOURS[index % COLOURS.len()].1));
        }
    }
    for (line, text) in LEGEND.iter().enumerate() {
        let y = legend + line * 18;
        out.push_str(&format!("  <text x=\"{MARGIN}\" y=\"{y}\" class=\"legend\">{text}</text>\n"));
    }
    out + "</svg>\n"
}

fn node(service: &Service, (x, y): (usize, usize), wide: usize, stroke: &str) -> String {
    let radius = if service.restart == Restart::Always { 6 } else { HEIGHT / 2 };
    let image = service.image.rsplit('/').next().unwrap_or_default();
    let image = match image.char_indices().nth(24) {
        Some((end, _)) => format!("{}…", &image[..end]),
        None => image.to_owned(),
    };
    let middle = x + wide / 2;
    format!(
        "  <rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{HEIGHT}\" rx=\"{radius}\" class=\"box\" stroke=\"{stroke}\" stroke-width=\"1.5\"/>\n  \
         <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" class=\"name\">{}</text>\n  \
         <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" class=\"image\">{}</text>\n",
        y + 18,
        escape(&service.name),
        y + 32,
        escape(&image)
    )
}

/// Draws a dependency from the right side of one box to the left side of another.
fn edge(from: (usize, usize), to: (usize, usize), condition: Condition, required: bool) -> String {
    let (x1, y1) = (from.0, from.1 + HEIGHT / 2);
    let (x2, y2) = (to.0, to.1 + HEIGHT / 2);
    let bend = (x2.abs_diff(x1) / 2).max(28);
    let class = match (required, condition) {
        (false, _) => " optional",
        (true, Condition::ServiceCompletedSuccessfully) => " completed",
        _ => "",
    };
    format!(
        "  <path class=\"edge{class}\" marker-end=\"url(#arrow)\" d=\"M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}\"/>\n",
        x1 + bend,
        x2.saturating_sub(bend)
    )
}

/// How far right each service stands: one more than the rightmost that it waits for, counting
/// only the dependencies that are drawn.
fn columns<'a>(
    platform: &'a Platform,
    edges: &[(&'a str, &'a str, Condition, bool)],
) -> BTreeMap<&'a str, usize> {
    let mut columns: BTreeMap<&str, usize> =
        platform.services.keys().map(|name| (name.as_str(), 0)).collect();
    let names: BTreeSet<&str> = columns.keys().copied().collect();
    // The longest path has at most as many steps as there are services.
    for _ in &names {
        for (from, to, _, _) in edges {
            let least = columns.get(from).copied().unwrap_or(0) + 1;
            if let Some(column) = columns.get_mut(to) {
                *column = (*column).max(least);
            }
        }
    }
    columns
}
