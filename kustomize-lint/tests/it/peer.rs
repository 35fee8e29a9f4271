//! The real `kubernetes-validate`.

use std::path::Path;
use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::run;
use serde_json::{Value, json};

/// Reads a list of pairs of version and object; prints what it says of each: `valid`, `unknown`,
/// or `invalid` and the path as we write it. The files with the schemas are read once.
const PROGRAM: &str = r#"
import functools, json, re, sys
import kubernetes_validate.utils as kv
kv.schema_contents = functools.cache(kv.schema_contents)
def shown(parts):
    text = ''
    for part in parts:
        if isinstance(part, int):
            text += f'[{part}]'
        elif re.fullmatch('[A-Za-z0-9_$-]+', part):
            text += ('.' if text else '') + part
        else:
            text += f'["{part}"]'
    return text
for version, o in json.load(open(sys.argv[1])):
    try:
        kv.validate(o, version, strict=True)
        print('valid')
    except kv.SchemaNotFoundError:
        print('unknown')
    except kv.ValidationError as e:
        print('invalid', shown(e.absolute_path))
"#;

/// The verdicts on objects of versions of Kubernetes; `None` when it is not installed.
pub(crate) fn verdicts(objects: &[(String, Value)], folder: &Path) -> Option<Vec<String>> {
    let python = peers::find("PEER_KUBERNETES_VALIDATE_PYTHON")?;
    let file = folder.join("objects.json");
    let list: Vec<Value> = objects.iter().map(|(version, o)| json!([version, o])).collect();
    std::fs::write(&file, serde_json::to_vec(&list).unwrap()).unwrap();
    let done = run(Command::new(python).args(["-I", "-c", PROGRAM]).arg(&file)).expect(0);
    let verdicts: Vec<String> = done.stdout.lines().map(str::to_owned).collect();
    assert_eq!(verdicts.len(), objects.len());
    Some(verdicts)
}
