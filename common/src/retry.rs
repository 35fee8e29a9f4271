//! Trying and asking again, with pauses that grow.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// Pauses that double up to a longest. A random part of up to the same length is added, so that several
/// processes which have met once do not meet again.
#[derive(Clone, Debug)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
}

impl Backoff {
    /// Pauses from `first` to `longest`, without the part that is chance.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Backoff { next: first, longest }
    }

    /// The length of the next pause.
    pub fn step(&mut self) -> Duration {
        let pause = self.next.min(self.longest);
        self.next = pause * 2;
        let chance = (RandomState::new().hash_one(0) % 1000) as f64 / 1000.0;
        pause.mul_f64(1.0 + chance)
    }

    /// Makes the next pause.
    pub async fn pause(&mut self) {
        tokio::time::sleep(self.step()).await;
    }
}

/// Asks, at least once, while `again` holds for the answer and the deadline has not passed. Returns the last
/// answer.
pub async fn poll<A>(
    deadline: Instant,
    again: impl Fn(&A) -> bool,
    mut ask: impl AsyncFnMut() -> A,
) -> A {
    let mut pauses = Backoff::new(Duration::from_millis(25), Duration::from_millis(250));
    loop {
        let answer = ask().await;
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || !again(&answer) {
            return answer;
        }
        tokio::time::sleep(pauses.step().min(left)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let unit = Duration::from_millis(10);
        let mut pauses = Backoff::new(unit, unit * 3);
        for least in [1, 2, 3, 3] {
            let pause = pauses.step();
            assert!((unit * least..unit * least * 2).contains(&pause), "{pause:?}");
        }
    }

    fn poll_for(time: Duration, enough: u32) -> u32 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let mut asked = 0;
        runtime.block_on(poll(
            Instant::now() + time,
            |count| *count < enough,
            async || {
                asked += 1;
                asked
            },
        ))
    }

    #[test]
    fn a_poll_ends_with_the_first_good_answer() {
        assert_eq!(poll_for(Duration::from_secs(60), 3), 3);
    }

    #[test]
    fn a_poll_asks_once_when_no_time_is_left() {
        assert_eq!(poll_for(Duration::ZERO, 3), 1);
    }

    #[test]
    fn a_poll_ends_at_its_deadline() {
        assert!(poll_for(Duration::from_millis(60), u32::MAX) > 1);
    }
}
