//! Trying and asking again, with pauses that grow.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder, RetryableWithContext};

/// Pauses that double up to a longest. A random part of up to the same length is added, so that several
/// processes which have met once do not meet again.
#[derive(Debug)]
pub struct Backoff(ExponentialBackoff);

impl Backoff {
    /// Pauses from `first` to `longest`, without the part that is chance.
    pub fn new(first: Duration, longest: Duration) -> Self {
        let pauses = ExponentialBuilder::new().with_min_delay(first).with_max_delay(longest);
        Backoff(pauses.with_jitter().without_max_times().build())
    }

    /// Makes the next pause.
    pub async fn pause(&mut self) {
        tokio::time::sleep(self.0.next().unwrap_or_default()).await;
    }
}

/// Pauses that end at a deadline.
struct Until {
    deadline: Instant,
    pauses: ExponentialBackoff,
}

impl Iterator for Until {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { None } else { self.pauses.next().map(|pause| pause.min(left)) }
    }
}

/// Asks, at least once, while `again` holds for the answer and the deadline has not passed. Returns the last
/// answer.
pub async fn poll<A, Q: AsyncFnMut() -> A>(
    deadline: Instant,
    again: impl Fn(&A) -> bool,
    ask: Q,
) -> A {
    let Backoff(pauses) = Backoff::new(Duration::from_millis(25), Duration::from_millis(250));
    // The closure borrows mutably, so each attempt hands it on to the next.
    let attempt = |mut ask: Q| {
        let again = &again;
        async move {
            let answer = ask().await;
            let outcome = if again(&answer) { Err(answer) } else { Ok(answer) };
            (ask, outcome)
        }
    };
    let (_, outcome) = attempt.retry(Until { deadline, pauses }).context(ask).await;
    outcome.unwrap_or_else(|last| last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let unit = Duration::from_millis(10);
        let Backoff(pauses) = Backoff::new(unit, unit * 3);
        for (least, pause) in [1, 2, 3, 3].into_iter().zip(pauses) {
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
