//! The promises of the layers to each other and to the specification. Each function is one promise; together
//! they name everything that is broken, with its place.

mod environments;
mod guards;
mod layers;
mod rights;
mod specification;
mod states;
mod variables;

use std::path::Path;

use layers::{Tree, read};

/// All broken promises of the layers in `infrastructure/terraform`, with the specification in
/// `infrastructure/platform`.
pub fn problems(infrastructure: &Path) -> Vec<String> {
    let root = infrastructure.join("terraform");
    let tree = match read(&root, infrastructure) {
        Ok(tree) => tree,
        Err(problems) => return problems,
    };
    let promises: [fn(&Tree) -> Vec<String>; 16] = [
        variables::outputs_are_there,
        variables::outputs_are_waited_for,
        states::states_are_apart,
        states::foundation_is_found,
        states::nothing_else_reads_a_state,
        variables::tfvars_are_the_defaults,
        environments::environments_are_whole,
        variables::everything_is_described,
        guards::providers_are_guarded,
        guards::roles_are_bounded,
        guards::secrets_are_not_shown,
        guards::values_are_not_written,
        guards::the_account_is_one,
        rights::the_workflow_may_apply,
        specification::specification_is_followed,
        specification::values_are_complete,
    ];
    promises.iter().flat_map(|promise| promise(&tree)).collect()
}
