//! The real `kubernetes-validate`.

use std::path::Path;
use std::process::Command;

use rideshare_tests::peers;
use rideshare_tests::run::run;
use serde_json::{Value, json};

/// Reads a list of pairs of version and object; prints what it says of each: `valid`, `unknown`,
/// or `invalid` and the path. Schemas are kept, as reading them takes most of the time.
const PROGRAM: &str = r#"
import functools, json, sys
import kubernetes_validate.utils as kv
kv.schema_contents = functools.cache(kv.schema_contents)
from referencing import Resource
kept = {}
make = Resource.from_contents
def keep(contents):
    return kept.setdefault(id(contents), None) or kept.__setitem__(id(contents), make(contents)) or kept[id(contents)]
for version, o in json.load(open(sys.argv[1])):
    try:
        kv.validate(o, version, strict=True)
        print('valid')
    except kv.SchemaNotFoundError:
        print('unknown')
    except kv.ValidationError as e:
        print('invalid ' + '/'.join(str(part) for part in e.absolute_path))
"#;

/// What it says of objects of versions of Kubernetes; `None` when it is not installed.
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
