//! Scripts that a user runs work with the bash 3.2 and the tools of macOS.
//!
//! That bash cannot be installed here, so the test knows the constructs that it lacks, and the options that only GNU's
//! tools have.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use regex::Regex;
use rideshare_tests::root;

/// The scripts of the sections of the Makefile for deployments. Scripts that they source are read, too.
const SCRIPTS: [&str; 3] = ["scripts/eks", "scripts/images", "scripts/terraform"];

/// A pattern, and what bash 3.2 or macOS says of it.
const LACKING: [(&str, &str); 20] = [
    (r"\b(mapfile|readarray)\b", "bash 4 has it; `while read`"),
    (r"\b(declare|local|typeset) -[a-zA-Z]*[Ang]", "bash 4 has associative arrays, -n and -g"),
    (r"\$\{[A-Za-z_0-9@*]+(\[[^]]*\])?(,|\^)", "bash 4 changes the case; `tr`"),
    (r"\$\{[A-Za-z_0-9]+(\[[^]]*\])?@[A-Za-z]\}", "bash 4.4 has it"),
    (r"&>>", "bash 4 has it; `>>file 2>&1`"),
    (r"\|&", "bash 4 has it; `2>&1 |`"),
    (r"\bcoproc\b", "bash 4 has it"),
    (r"\[\[ +(! +)?-v ", "bash 4.2 has it; `${name+x}`"),
    (r"\bwait -n\b", "bash 4.3 has it"),
    (r";;?&", "bash 4 has it"),
    (r"printf +['\x22]?%\(", "bash 4.2 has it; `date`"),
    (r"\[-[0-9]+\]\}", "bash 4.3 counts from the end"),
    (r"shopt -s (globstar|inherit_errexit|lastpipe)", "bash 4 has it"),
    (r"\bsed (-[a-zA-Z]+ )*-[a-zA-Z]*i\b", "BSD's sed takes a suffix there"),
    (r"\breadlink -f\b|\brealpath\b", "macOS got it late"),
    (r"\bgrep (-[a-zA-Z]+ )*-[a-zA-Z]*P", "BSD's grep has no such expressions"),
    (r"\bdate (-d|--date)\b", "GNU's date alone"),
    (r"\bstat (-c|--format)\b", "GNU's stat alone"),
    (r"\bsort -[a-zA-Z]*V", "GNU's sort alone"),
    (r"\b(timeout|nproc|tac)\b +[-0-9a-z]", "GNU's alone"),
];

/// The scripts and what they source.
fn scripts() -> BTreeMap<String, String> {
    let source = Regex::new(r#"(?m)^ *\. "?(?:\$project/)?(scripts/lib/[a-z_]+\.sh)"?"#).unwrap();
    let (mut found, mut next) = (BTreeMap::new(), SCRIPTS.map(str::to_owned).to_vec());
    while let Some(name) = next.pop() {
        if found.contains_key(&name) {
            continue;
        }
        let text = fs::read_to_string(root().join(&name)).unwrap();
        next.extend(source.captures_iter(&text).map(|found| found[1].to_owned()));
        found.insert(name, text);
    }
    found
}

/// Every place that bash 3.2 or macOS would not take.
fn problems(name: &str, text: &str) -> Vec<String> {
    let patterns: Vec<(Regex, &str)> =
        LACKING.iter().map(|(pattern, why)| (Regex::new(pattern).unwrap(), *why)).collect();
    let mut problems = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let code = line.trim_start();
        if code.starts_with('#') {
            continue;
        }
        for (pattern, why) in &patterns {
            if pattern.is_match(code) {
                problems.push(format!("{name}:{}: {code}: {why}", at + 1));
            }
        }
    }
    // With `set -u`, bash before 4.4 takes an array without elements for one that is not there.
    let emptied = Regex::new(r"\b([a-z_]+)=\(\)").unwrap();
    let empty: BTreeSet<&str> =
        emptied.captures_iter(text).map(|found| found.get(1).unwrap().as_str()).collect();
    for array in empty {
        let (plain, guard) = (format!("\"${{{array}[@]}}\""), format!("${{{array}[@]+"));
        for (at, line) in text.lines().enumerate() {
            if line.replace(&format!("{guard}{plain}}}"), "").contains(&plain) {
                problems.push(format!("{name}:{}: {array} may be empty: {guard}{plain}}}", at + 1));
            }
        }
    }
    problems
}

#[test]
fn scripts_of_users_run_with_the_bash_of_macos() {
    let scripts = scripts();
    assert!(scripts.len() >= 6, "{:?}", scripts.keys());
    let found: Vec<String> = scripts.iter().flat_map(|(name, text)| problems(name, text)).collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn what_the_bash_of_macos_lacks_is_seen() {
    for line in [
        "mapfile -t lines < <(ls)",
        "local -A seen",
        "declare -n other=name",
        "echo \"${name,,}\"",
        "echo \"${name^}\"",
        "echo \"${name@Q}\"",
        "run &>>log",
        "run |& tail",
        "[[ -v name ]]",
        "wait -n",
        "printf '%(%s)T'",
        "echo \"${list[-1]}\"",
        "shopt -s globstar",
        "sed -i s/a/b/ file",
        "readlink -f file",
        "grep -oP x",
        "date -d yesterday",
        "timeout 5 run",
        "more=()\nrun \"${more[@]}\"",
    ] {
        assert_eq!(problems("x", line).len(), 1, "{line}: {:?}", problems("x", line));
    }
    for line in [
        "more=()\nrun ${more[@]+\"${more[@]}\"}",
        "read -r a b <<<\"$text\"",
        "[[ $a =~ ^[a-z]+$ ]]",
        "local text tag=${TAG:-} name",
        "echo \"${name%,}\" \"${name/#a/b}\" \"${list[@]}\"",
        "# mapfile is not there",
    ] {
        assert_eq!(problems("x", line), Vec::<String>::new(), "{line}");
    }
}
