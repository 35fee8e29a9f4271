//! Compose projects as people publish them: each is imported, nothing is lost without a word, and a real API
//! server accepts every object and the Pods made of it.

use rideshare_tests::archive::cases;
use rideshare_tests::imports::{self, Outcome};
use rideshare_tests::kubernetes::Server;
use rideshare_tests::peers;

const PROJECTS: [&str; 5] = [
    include_str!("imports/web.txt"),
    include_str!("imports/data.txt"),
    include_str!("imports/home.txt"),
    include_str!("imports/keys.txt"),
    include_str!("imports/forms.txt"),
];

#[test]
fn published_projects_lose_nothing_and_are_accepted() {
    let (Some(compose), Some(server)) = (peers::find("PEER_COMPOSE"), Server::shared()) else {
        return;
    };
    let test = std::env::current_exe().expect("this test is a file");
    let tool = test.ancestors().nth(2).expect("target/debug").join("compose-gen");
    assert!(tool.is_file(), "{} is built with the workspace", tool.display());
    let folder = tempfile::tempdir().expect("a folder");
    let projects: Vec<_> = PROJECTS.iter().flat_map(|text| cases(text)).collect();
    assert!(projects.len() >= 75, "{}", projects.len());
    for project in &projects {
        project.write(&folder.path().join(&project.name));
    }
    let (mut faults, mut sent) = (Vec::new(), Vec::new());
    for file in imports::files(folder.path()) {
        let project = imports::import(&tool, &compose, folder.path(), &file);
        let differing = project.differences();
        faults.extend(differing.into_iter().map(|line| format!("{}: {line}", project.name)));
        if project.outcome() != Outcome::Generated {
            faults.push(format!("{}: {:?} {:?}", project.name, project.outcome(), project.why()));
            continue;
        }
        let objects = project.objects(server);
        let lost = imports::lost(&project, &objects);
        faults.extend(lost.into_iter().map(|line| format!("{}: {line}", project.name)));
        sent.push((project.name.clone(), objects));
    }
    for (name, refusals) in imports::refused(server, &sent) {
        faults.push(format!("{name} is refused: {}", refusals.join(" ")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
