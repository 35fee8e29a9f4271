//! User names and passwords that some reader on the way could take for something else.

/// Every printable character that is no letter and no digit.
pub(super) const EVERY: &str = " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

/// Texts that a shell, Hadoop, XML, a URL or a JAAS file would change.
const MEANT: [&str; 14] = [
    "${user.name}",
    "${env.HOME}",
    "$HOME",
    "$(id)",
    "`id`",
    "%24%7B",
    "&amp;&lt;",
    "]]>",
    "a\\nb",
    "\\",
    "-value",
    "--requirepass",
    "u@d = \"x\" $y \\z; #",
    "user name",
];

/// A set that has each character alone, first, last and twice, and mixtures of all of them.
pub(super) fn texts() -> Vec<String> {
    let mut all: Vec<String> = MEANT.iter().map(|text| (*text).to_owned()).collect();
    for c in EVERY.chars() {
        all.extend([format!("{c}"), format!("{c}end"), format!("start{c}"), format!("a{c}{c}b")]);
    }
    let letters: Vec<char> = EVERY.chars().chain("az09".chars()).collect();
    let mut state: u64 = 1;
    for length in 1..60 {
        let next = |_| {
            // Knuth's linear congruential generator: the same mixtures on every machine.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            letters[usize::try_from(state >> 33).unwrap() % letters.len()]
        };
        all.push((0..length).map(next).collect());
    }
    all
}

#[test]
fn the_set_has_every_special_character() {
    let all = texts();
    assert!(EVERY.chars().all(|c| all.iter().any(|text| text.contains(c))));
    assert_eq!(
        EVERY.chars().count(),
        (0x20..0x7f).filter(|c: &u8| !c.is_ascii_alphanumeric()).count()
    );
}
