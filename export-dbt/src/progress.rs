//! The progress that a person sees while tables are exported: a line per table on a terminal, and one plain
//! line per finished table otherwise. Everything goes to stderr.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use common::verbose;
use indicatif::{HumanCount, MultiProgress, ProgressBar, ProgressStyle};

#[derive(Debug, Clone)]
pub(crate) struct Progress {
    lines: Option<MultiProgress>,
    quiet: bool,
}

#[derive(Debug)]
pub(crate) struct TableProgress {
    bar: Option<ProgressBar>,
    started: Instant,
    progress: Progress,
    label: String,
    step: Option<(&'static str, Instant)>,
}

impl Progress {
    /// Lines on a terminal only.
    pub(crate) fn new(quiet: bool) -> Self {
        let live = !quiet && std::io::stderr().is_terminal();
        Self { lines: live.then(MultiProgress::new), quiet }
    }

    /// Starts a table's line. `estimated_rows` may be 0 or wrong.
    pub(crate) fn table(&self, label: &str, estimated_rows: u64) -> TableProgress {
        let bar = self.lines.as_ref().map(|lines| {
            let bar = lines.add(ProgressBar::new(estimated_rows));
            let style =
                ProgressStyle::with_template("{spinner} {prefix:32} {human_pos:>14} rows  {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.set_prefix(label.to_string());
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        let started = Instant::now();
        let (progress, label) = (self.clone(), label.to_string());
        TableProgress { bar, started, progress, label, step: None }
    }

    /// Prints a line of its own.
    pub(crate) fn note(&self, text: &str) {
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
    /// Begins the next step.
    pub(crate) fn stage(&mut self, text: &'static str) {
        self.end_step();
        self.step = Some((text, Instant::now()));
        if let Some(bar) = &self.bar {
            bar.set_message(text);
        }
    }

    fn end_step(&mut self) {
        if let Some((text, since)) = self.step.take() {
            let line = verbose::line(&format!("{}: {text}", self.label), since);
            line.into_iter().for_each(|line| self.progress.note(&line));
        }
    }

    /// Counts rows that were encoded.
    pub(crate) fn rows(&self, rows: u64) {
        if let Some(bar) = &self.bar {
            bar.inc(rows);
            let seconds = self.started.elapsed().as_secs_f64().max(0.001);
            let speed = (bar.position() as f64 / seconds) as u64;
            bar.set_message(format!("{} rows/s", HumanCount(speed)));
        }
    }
}

impl Drop for TableProgress {
    fn drop(&mut self) {
        self.end_step();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
