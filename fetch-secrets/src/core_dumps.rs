//! No core dump while values are in memory: a crash would write them to a disk, or to the program that collects
//! dumps.

use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};

/// The limit that the caller has set, for a command that takes this process's place.
#[derive(Debug)]
pub(crate) struct Before(Rlimit);

/// Turns core dumps off.
pub(crate) fn off() -> Before {
    let before = getrlimit(Resource::Core);
    // The soft limit may always be lowered, and the hard one is the command's to keep. A collector that the kernel
    // pipes dumps to does not heed the limit, so the process says, too, that it has nothing to dump.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: before.maximum });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    Before(before)
}

impl Before {
    /// Gives the limit back. The kernel itself makes the next program of a process dumpable.
    pub(crate) fn restore(self) {
        let _ = setrlimit(Resource::Core, self.0);
    }
}
