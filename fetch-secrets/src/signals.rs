//! SIGINT and SIGTERM end the process at once, with 130 and 143, wherever it is: also as the
//! first process of a container, where the kernel would ignore them. No file is torn by that,
//! because files are only ever renamed into place; the next run removes staged
//! files. `exec` resets both for the command.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};

pub(crate) fn exit_on_interruption() {
    let always = Arc::new(AtomicBool::new(true));
    for signal in [SIGINT, SIGTERM] {
        // It fails only for signals that cannot be caught, and these can.
        let _ = signal_hook::flag::register_conditional_shutdown(
            signal,
            128 + signal,
            Arc::clone(&always),
        );
    }
}
