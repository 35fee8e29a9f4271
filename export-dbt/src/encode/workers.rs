//! A few threads that share out the columns of a group of rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use parquet::errors::ParquetError;

type Outcome = Result<(), ParquetError>;

/// Threads that live as long as a table's encoder: an allocator keeps a cache for each.
#[derive(Debug)]
pub(super) struct Workers {
    senders: Vec<Sender<Task>>,
}

/// One call of [`Workers::run`], as each thread sees it.
struct Task {
    share: Arc<Share>,
    done: Sender<Outcome>,
}

struct Share {
    next: AtomicUsize,
    count: usize,
    work: Box<dyn Fn(usize) -> Outcome + Send + Sync>,
}

impl Share {
    fn take(&self) -> Outcome {
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.count {
                return Ok(());
            }
            (self.work)(index)?;
        }
    }
}

impl Workers {
    /// `threads` in all, with the thread that calls [`Workers::run`].
    pub(super) fn new(threads: usize) -> Self {
        let start = |_| {
            let (sender, tasks) = channel();
            std::thread::spawn(move || work(&tasks));
            sender
        };
        Self { senders: (1..threads).map(start).collect() }
    }

    /// Calls `work` with 0..count, each number once, until one fails.
    pub(super) fn run(
        &self,
        count: usize,
        work: impl Fn(usize) -> Outcome + Send + Sync + 'static,
    ) -> Outcome {
        let share = Arc::new(Share { next: AtomicUsize::new(0), count, work: Box::new(work) });
        let (done, results) = channel();
        let helpers = self.senders.len().min(count.saturating_sub(1));
        let panicked = || ParquetError::General("an encoding thread panicked".into());
        for sender in &self.senders[..helpers] {
            let task = Task { share: Arc::clone(&share), done: done.clone() };
            sender.send(task).map_err(|_| panicked())?;
        }
        drop(done);
        let first = share.take();
        let (mut outcome, mut ended) = (first, 0);
        for other in results {
            ended += 1;
            outcome = outcome.and(other);
        }
        if ended < helpers { Err(panicked()) } else { outcome }
    }
}

fn work(tasks: &Receiver<Task>) {
    for Task { share, done } in tasks {
        let outcome = share.take();
        // The work's data is free before the caller goes on.
        drop(share);
        let _ = done.send(outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn every_number_once() {
        for threads in [1, 2, 5] {
            let workers = Workers::new(threads);
            for count in [0, 1, 3, 100] {
                let seen = Arc::new(Mutex::new(Vec::new()));
                let shared = Arc::clone(&seen);
                workers
                    .run(count, move |index| {
                        shared.lock().unwrap().push(index);
                        Ok(())
                    })
                    .unwrap();
                let mut seen = seen.lock().unwrap();
                seen.sort_unstable();
                assert_eq!(*seen, (0..count).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn failures_and_panics_are_told() {
        let workers = Workers::new(2);
        let fail = |_| Err(ParquetError::General("no".into()));
        assert!(workers.run(4, fail).unwrap_err().to_string().contains("no"));
        // Each thread waits for the other, so that the helper gets its share.
        let both = Arc::new(std::sync::Barrier::new(2));
        let error = workers.run(2, move |_| {
            both.wait();
            if std::thread::current().name().is_none() {
                panic!("a test's panic");
            }
            Ok(())
        });
        assert!(error.unwrap_err().to_string().contains("panicked"));
    }
}
