//! What a person sees while tables are exported: a line per table on a terminal, and one plain
//! line per finished table otherwise. Everything goes to stderr.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::units::show_count;

/// The progress of a run.
#[derive(Debug, Clone)]
pub struct Progress {
    lines: Option<MultiProgress>,
    quiet: bool,
}

/// The progress of one table.
#[derive(Debug)]
pub struct TableProgress {
    bar: Option<ProgressBar>,
    started: Instant,
}

impl Progress {
    /// Lines on a terminal only.
    pub fn new(quiet: bool) -> Self {
        let live = !quiet && std::io::stderr().is_terminal();
        Self { lines: live.then(MultiProgress::new), quiet }
    }

    /// Starts a table's line. `estimated_rows` may be 0 or wrong.
    pub fn table(&self, label: &str, estimated_rows: u64) -> TableProgress {
        let bar = self.lines.as_ref().map(|lines| {
            let bar = lines.add(ProgressBar::new(estimated_rows));
            let style =
                ProgressStyle::with_template("{spinner} {prefix:32} {human_pos:>14} rows  {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.set_prefix(label.to_string());
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        TableProgress { bar, started: Instant::now() }
    }

    /// Prints a line of its own.
    pub fn note(&self, text: &str) {
        if self.quiet {
            return;
        }
        match &self.lines {
            // A terminal that goes away is no reason to stop.
            Some(lines) => drop(lines.println(text)),
            None => drop(writeln!(std::io::stderr(), "{text}")),
        }
    }
}

impl TableProgress {
    /// Says what is going on.
    pub fn stage(&self, text: &'static str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text);
        }
    }

    /// Counts rows that were encoded.
    pub fn rows(&self, rows: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(rows);
            let seconds = self.started.elapsed().as_secs_f64().max(0.001);
            bar.set_message(format!(
                "{} rows/s",
                show_count((bar.position() as f64 / seconds) as u64)
            ));
        }
    }
}

impl Drop for TableProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
