//! One fault.

use std::path::PathBuf;

/// The kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A block is gone: a statement, a condition, a lifecycle, a resource.
    DropBlock,
    /// An attribute is gone.
    DropAttribute,
    /// An element of a list or a member of an object is gone.
    DropElement,
    /// An action, a resource, a principal, a block of addresses or a port is a wider one.
    Widen,
    /// True is false, a condition is the opposite, a branch is the other.
    Flip,
    /// A number is another.
    Number,
    /// A word is another, such as Allow for Deny.
    Word,
    /// A reference leads to something else of the same kind.
    Swap,
}

/// One mutant.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// The file, below `infrastructure/terraform`.
    pub file: PathBuf,
    /// The line of the fault.
    pub line: usize,
    /// Its kind.
    pub kind: Kind,
    /// Whether it is about access, exposure, encryption or the safety of data.
    pub security: bool,
    /// The attribute or block, and what became of it.
    pub change: String,
    /// The whole file with the fault.
    pub text: String,
}

impl Mutant {
    /// Place, kind and change.
    pub fn described(&self) -> String {
        let area = if self.security { "access and data" } else { "the rest" };
        format!("{}:{}: {:?} ({area}): {}", self.file.display(), self.line, self.kind, self.change)
    }
}
