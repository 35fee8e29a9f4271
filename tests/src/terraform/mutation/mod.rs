//! Mutants of the layers, each with one small fault, and whether the checks of [`super::meaning`] and the
//! [`super::contract`] notice.

mod make;
mod mutant;
mod words;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::contract;
use super::meaning::{Layers, Variables, inventory, of_layers, tables, values};
use super::plan::Sources;
use super::project::Project;
use crate::root;
use crate::run::run as run_program;

pub use make::mutants;
pub use mutant::{Kind, Mutant};

/// The first check that noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Noticed {
    /// Terraform would refuse it itself.
    Refused,
    /// A rule, or a decision of the table, is broken.
    Rule,
    /// A table of accesses, flows or protections is another one.
    Table,
    /// The inventory is another one.
    Inventory,
    /// The contract between the layers and with the specification is broken.
    Contract,
    /// No check.
    Nothing,
}

/// The fate of every mutant.
#[derive(Debug)]
pub struct Outcome {
    /// The mutants with what noticed them.
    pub all: Vec<(Mutant, Noticed)>,
}

/// Tries the mutants on as many threads as there are processors.
///
/// # Panics
/// The layers themselves are refused, or break a rule.
pub fn run(sources: &Sources, mutants: Vec<Mutant>) -> Outcome {
    let healthy = Healthy::new(sources);
    each(mutants, |mutant| healthy.noticed(sources, mutant))
}

/// Tries the mutants with the contract and `terraform test`, which takes a minute for each.
///
/// # Panics
/// Terraform is not installed.
pub fn run_with_terraform(mutants: Vec<Mutant>) -> Outcome {
    each(mutants, |mutant| {
        if breaks_the_contract(mutant) {
            return Noticed::Contract;
        }
        let project = Project::copy("http://127.0.0.1:9").expect("Terraform is installed");
        let file = project.at("infrastructure/terraform").join(&mutant.file);
        std::fs::write(file, &mutant.text).expect("the copy can be written");
        if project.terraform(&["test"]).status == 0 { Noticed::Nothing } else { Noticed::Refused }
    })
}

fn each(mutants: Vec<Mutant>, noticed: impl Fn(&Mutant) -> Noticed + Sync) -> Outcome {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let noticed: BTreeMap<usize, Noticed> = std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(mutant) = mutants.get(at) else { return done };
                done.push((at, noticed(mutant)));
            }
        };
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().flat_map(|handle| handle.join().expect("no panic")).collect()
    });
    let all = mutants.into_iter().enumerate().map(|(at, mutant)| (mutant, noticed[&at])).collect();
    Outcome { all }
}

/// The layers without a fault.
struct Healthy {
    layers: Layers,
    variables: Variables,
    others: Layers,
    tables: BTreeMap<&'static str, String>,
    inventory: String,
}

impl Healthy {
    fn new(sources: &Sources) -> Healthy {
        let variables = values::all_others();
        let layers = Layers::evaluate(sources, &Variables::default()).expect("the layers evaluate");
        let others = Layers::evaluate(sources, &variables).expect("with other values, too");
        assert_eq!(of_layers(&layers), Vec::<String>::new());
        assert_eq!(values::problems(sources), Vec::<String>::new());
        let inventory = inventory::table(sources, &layers, &others);
        let tables = tables(&layers);
        Healthy { layers, variables, others, tables, inventory }
    }

    /// The cheapest checks come first, and the first that notices ends it.
    fn noticed(&self, sources: &Sources, mutant: &Mutant) -> Noticed {
        let file = mutant.file.as_path();
        let Ok(sources) = sources.with(file, mutant.text.clone()) else { return Noticed::Refused };
        let Ok(layers) = self.layers.changed(&sources, &Variables::default(), file) else {
            return Noticed::Refused;
        };
        let same = layers == self.layers;
        if !same && !of_layers(&layers).is_empty() {
            return Noticed::Rule;
        }
        if !same && tables(&layers) != self.tables {
            return Noticed::Table;
        }
        if file.ends_with("variables.tf") && !values::problems(&sources).is_empty() {
            return Noticed::Rule;
        }
        let Ok(others) = self.others.changed(&sources, &self.variables, file) else {
            return Noticed::Refused;
        };
        if inventory::table(&sources, &layers, &others) != self.inventory {
            return Noticed::Inventory;
        }
        if breaks_the_contract(mutant) { Noticed::Contract } else { Noticed::Nothing }
    }
}

/// The contract reads files, so the mutant is written into a copy.
fn breaks_the_contract(mutant: &Mutant) -> bool {
    let copy = tempfile::tempdir().expect("a temporary folder");
    for folder in ["terraform", "platform", "config"] {
        let from = root().join("infrastructure").join(folder);
        run_program(Command::new("cp").arg("-r").arg(from).arg(copy.path())).expect(0);
    }
    let file = copy.path().join("terraform").join(&mutant.file);
    std::fs::write(file, &mutant.text).expect("the copy can be written");
    !contract::problems(copy.path()).is_empty()
}

impl Outcome {
    /// Mutants that nothing noticed.
    pub fn survivors(&self) -> impl Iterator<Item = &Mutant> {
        self.all
            .iter()
            .filter(|(_, noticed)| *noticed == Noticed::Nothing)
            .map(|(mutant, _)| mutant)
    }

    /// Whether everything about access and data, and 95 % of all, is noticed.
    pub fn is_enough(&self) -> bool {
        let survived = self.survivors().count();
        !self.survivors().any(|mutant| mutant.security) && survived * 20 <= self.all.len()
    }

    /// One line for each kind, and each survivor with its place.
    pub fn report(&self) -> String {
        let mut made = String::from(
            "| kind | mutants | refused | rule | table | inventory | contract | survived |\n|---|---|---|---|---|---|---|---|\n",
        );
        let mut counts: BTreeMap<String, BTreeMap<Noticed, usize>> = BTreeMap::new();
        for (mutant, noticed) in &self.all {
            let area = if mutant.security { "access and data" } else { "the rest" };
            for row in [format!("{:?}", mutant.kind), format!("~ {area}"), "~~ all".to_owned()] {
                *counts.entry(row).or_default().entry(*noticed).or_default() += 1;
            }
        }
        for (row, of) in counts {
            let count = |noticed| of.get(&noticed).copied().unwrap_or_default();
            let _ = writeln!(
                made,
                "| {} | {} | {} | {} | {} | {} | {} | {} |",
                row.trim_start_matches(['~', ' ']),
                of.values().sum::<usize>(),
                count(Noticed::Refused),
                count(Noticed::Rule),
                count(Noticed::Table),
                count(Noticed::Inventory),
                count(Noticed::Contract),
                count(Noticed::Nothing),
            );
        }
        for mutant in self.survivors() {
            let _ = writeln!(made, "survived: {}", mutant.described());
        }
        made
    }
}
