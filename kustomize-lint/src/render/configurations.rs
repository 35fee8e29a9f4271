//! The objects that configure transformers, generators and validators.

use crate::kustomization::Spot;
use crate::load::{Accumulated, Context, Folder, add, marks};
use crate::object::Object;
use crate::transform::patches::inline;

/// Adds the objects that a path leads to.
type Read = fn(&Folder, &Spot<String>, &mut Accumulated, &mut Context);

/// Reads the entries of such a list: an object as text, or the path of a file or of a kustomization,
/// which `read` follows.
pub(super) fn configurations(
    folder: &Folder,
    entries: &[Spot<String>],
    read: Read,
    context: &mut Context,
) -> Vec<Object> {
    let mut found = Accumulated::default();
    // Objects that stand in the kustomization come first.
    let (texts, paths): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| is_text(&entry.value));
    for text in texts {
        for node in inline(&text.value, text.place, context) {
            if node.is_null() {
                continue;
            }
            let mut object = context.object(node);
            let path = &context.files.get(text.place.file).path;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            object.marks.origin = marks::read(folder, &name, context);
            add(&mut found.objects, object, context);
        }
    }
    for path in paths {
        read(folder, path, &mut found, context);
    }
    found.objects.list
}

/// Whether an entry is an object and no path.
fn is_text(entry: &str) -> bool {
    entry.contains('\n') || entry.trim_start().starts_with('{')
}
