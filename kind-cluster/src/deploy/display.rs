//! Progress on stderr: a table that stays in place on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use serde_json::Value;

pub(crate) use common::streams::{harmless, line};

use crate::object::Key;
use crate::readiness::State;

/// The table is drawn no more often than this.
const FRAME: Duration = Duration::from_millis(120);
/// More rows would scroll.
const MOST_ROWS: usize = 20;

/// A step that takes longer says so this often.
const STILL: Duration = Duration::from_secs(15);

/// Says from time to time that a step goes on, and for how long.
pub(crate) async fn during<T>(step: &str, work: impl Future<Output = T>) -> T {
    said_every(STILL, step, line, work).await
}

async fn said_every<T>(
    period: Duration,
    step: &str,
    say: impl Fn(&str),
    work: impl Future<Output = T>,
) -> T {
    let started = Instant::now();
    let mut work = std::pin::pin!(work);
    loop {
        match tokio::time::timeout(period, &mut work).await {
            Ok(done) => return done,
            Err(_) => {
                let so_far = Duration::from_secs(started.elapsed().as_secs());
                say(&format!("still {step}, {} so far", common::duration::show(so_far)));
            }
        }
    }
}

/// A title, and text below it.
pub(crate) fn block(title: &str, text: &str) {
    line(title);
    for below in text.lines() {
        line(&format!("    {below}"));
    }
}

/// The display while objects become ready.
pub(crate) struct Display {
    terminal: bool,
    /// Rows of the table that is on the terminal now.
    drawn: usize,
    last: Option<Instant>,
    /// The last message on each object.
    said: BTreeMap<Key, String>,
}

impl Display {
    pub(crate) fn new() -> Self {
        let terminal = io::stderr().is_terminal();
        Display { terminal, drawn: 0, last: None, said: BTreeMap::new() }
    }

    /// Shows the states; without a terminal, those that have changed.
    pub(crate) fn show(&mut self, states: &[(Value, State)]) {
        if self.terminal {
            self.draw(states);
        } else {
            self.lines(states);
        }
    }

    /// Says something between.
    pub(crate) fn note(&mut self, text: &str) {
        self.clear();
        line(text);
    }

    /// The table is done; later output stands below it.
    pub(crate) fn finish(&mut self) {
        self.clear();
    }

    fn lines(&mut self, states: &[(Value, State)]) {
        for (object, state) in states {
            let key = Key::of(object);
            // Objects that were ready at once are not worth a line.
            let quiet = *state == State::Ready && !self.said.contains_key(&key);
            let text = match state {
                State::Ready => state.word().to_owned(),
                State::InProgress(_) | State::Failed(_) | State::Skipped(_) => {
                    format!("{}: {}", state.word(), first(state.reason()))
                }
            };
            if quiet || self.said.get(&key) == Some(&text) {
                continue;
            }
            line(&format!("{key} {text}"));
            self.said.insert(key, text);
        }
    }

    fn draw(&mut self, states: &[(Value, State)]) {
        if self.last.is_some_and(|last| last.elapsed() < FRAME) {
            return;
        }
        self.clear();
        self.last = Some(Instant::now());
        let waiting: Vec<&(Value, State)> =
            states.iter().filter(|(_, state)| !state.is_settled()).collect();
        let mut rows = vec![format!("{} of {} ready", states.len() - waiting.len(), states.len())];
        for (object, state) in waiting.iter().take(MOST_ROWS) {
            let name = Key::of(object).to_string();
            rows.push(format!("  {name:<40} {:<8} {}", state.word(), first(state.reason())));
        }
        if waiting.len() > MOST_ROWS {
            rows.push(format!("  and {} more", waiting.len() - MOST_ROWS));
        }
        let width = width();
        for row in &rows {
            line(&row.chars().take(width).collect::<String>());
        }
        self.drawn = rows.len();
    }

    /// Takes the table off the terminal.
    fn clear(&mut self) {
        if self.drawn > 0 {
            let _ = write!(io::stderr(), "\x1b[{}A\x1b[J", self.drawn);
            self.drawn = 0;
        }
    }
}

fn first(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// Columns of the terminal: a longer row would wrap, and the table would not go away again.
fn width() -> usize {
    rustix::termios::tcgetwinsize(io::stderr()).map_or(80, |size| usize::from(size.ws_col.max(20)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_takes_long_says_so_again_and_again() {
        let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let say = |text: &str| sender.send(text.to_owned()).unwrap();
        let work = async { [heard.recv().await, heard.recv().await] };
        let step = said_every(Duration::from_millis(1), "loading a", say, work);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for said in runtime.block_on(step) {
            let said = said.unwrap();
            assert!(said.starts_with("still loading a, ") && said.ends_with(" so far"), "{said}");
        }
    }

    #[test]
    fn a_step_that_ends_soon_says_nothing() {
        let say = |text: &str| panic!("{text}");
        let step = said_every(Duration::from_secs(3600), "loading a", say, async { 7 });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        assert_eq!(runtime.block_on(step), 7);
    }
}
