//! Questions about the effect of the layers together: who may do what, who reaches whom, how
//! everything that holds data is protected, and a complete list of what is made.

pub mod access;
pub mod decisions;
pub mod inventory;
mod layers;
pub mod network;
pub mod policy;
pub mod protection;
pub mod values;

use std::collections::BTreeMap;

pub use layers::{LAYERS, Layers, Variables};

use super::plan::Sources;

/// The findings of every check in one set of sources.
#[derive(Debug, Clone, PartialEq)]
pub struct Findings {
    /// Violations that no agreement excuses.
    pub problems: Vec<String>,
    /// The tables, by their names: a difference is to be agreed on.
    pub tables: BTreeMap<&'static str, String>,
}

/// Evaluates the layers and asks everything.
///
/// # Errors
/// As [`Layers::evaluate`].
pub fn findings(sources: &Sources) -> Result<Findings, String> {
    let layers = Layers::evaluate(sources, &Variables::default())?;
    let others = Layers::evaluate(sources, &values::all_others())?;
    let mut problems = of_layers(&layers);
    problems.extend(values::problems(sources));
    let mut tables = tables(&layers);
    tables.insert("inventory", inventory::table(sources, &layers, &others));
    Ok(Findings { problems, tables })
}

/// Rules and decisions that the layers break.
pub fn of_layers(layers: &Layers) -> Vec<String> {
    let rules = [protection::problems, network::problems, access::problems, decisions::problems];
    rules.iter().flat_map(|rule| rule(layers)).collect()
}

/// The tables of accesses, flows and protections.
pub fn tables(layers: &Layers) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("access", access::table(layers)),
        ("network", network::table(layers)),
        ("protection", protection::table(layers)),
    ])
}
