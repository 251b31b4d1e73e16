//! What is to be looked at: a queue in which a key waits once however often it was touched, and is worked on by one
//! worker at a time.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::Rng;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Something that is compared with the chain and brought in line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    Lease(u64),
    Order(u64),
}

impl Key {
    /// As the database stores it.
    pub fn row(self) -> (u8, u64) {
        match self {
            Key::Lease(id) => (0, id),
            Key::Order(id) => (1, id),
        }
    }

    pub fn from_row(row: (u8, u64)) -> Option<Self> {
        match row.0 {
            0 => Some(Key::Lease(row.1)),
            1 => Some(Key::Order(row.1)),
            _ => None,
        }
    }
}

/// How the work on a key ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to do until something touches it or the next resync.
    Settled,
    /// Look again after this time.
    Again(Duration),
    /// It failed: again after a pause that grows with each failure in a row.
    Failed,
}

/// The pause after the first failure, and the longest one.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(30));

#[derive(Default)]
struct Inner {
    /// When each key is due.
    waiting: HashMap<Key, Instant>,
    running: HashSet<Key>,
    /// Failures in a row.
    failures: HashMap<Key, u32>,
}

#[derive(Default)]
pub struct WorkQueue {
    inner: Mutex<Inner>,
    wake: Notify,
}

impl WorkQueue {
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // The map is whole between any two statements, so a panic elsewhere does not spoil it.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Due now.
    pub fn push(&self, key: Key) {
        self.push_after(key, Duration::ZERO);
    }

    /// Due after this time, or earlier if it already was.
    pub fn push_after(&self, key: Key, after: Duration) {
        let due = Instant::now() + after;
        {
            let mut inner = self.lock();
            let at = inner.waiting.entry(key).or_insert(due);
            *at = (*at).min(due);
        }
        self.wake.notify_waiters();
    }

    /// Keys that wait or are worked on.
    pub fn len(&self) -> usize {
        let inner = self.lock();
        inner.waiting.len() + inner.running.iter().filter(|k| !inner.waiting.contains_key(k)).count()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The next key that is due and not worked on. The caller ends the work with [`WorkQueue::done`].
    pub async fn next(&self) -> Key {
        loop {
            let woken = self.wake.notified();
            tokio::pin!(woken);
            woken.as_mut().enable();
            let wait = {
                let mut inner = self.lock();
                let now = Instant::now();
                let first = inner
                    .waiting
                    .iter()
                    .filter(|(key, _)| !inner.running.contains(*key))
                    .min_by_key(|(key, due)| (**due, **key))
                    .map(|(key, due)| (*key, *due));
                match first {
                    Some((key, due)) if due <= now => {
                        inner.waiting.remove(&key);
                        inner.running.insert(key);
                        return key;
                    }
                    Some((_, due)) => due - now,
                    None => Duration::from_secs(3600),
                }
            };
            tokio::select! {
                () = woken => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    pub fn done(&self, key: Key, outcome: Outcome) {
        let again = {
            let mut inner = self.lock();
            inner.running.remove(&key);
            match outcome {
                Outcome::Settled => {
                    inner.failures.remove(&key);
                    None
                }
                Outcome::Again(after) => {
                    inner.failures.remove(&key);
                    Some(after)
                }
                Outcome::Failed => {
                    let failures = inner.failures.entry(key).or_default();
                    *failures = failures.saturating_add(1);
                    Some(pause(*failures))
                }
            }
        };
        match again {
            Some(after) => self.push_after(key, after),
            None => self.wake.notify_waiters(),
        }
    }
}

/// Doubles with each failure, up to the longest; a quarter of it by chance, so that many do not come back at once.
fn pause(failures: u32) -> Duration {
    let (first, longest) = BACKOFF;
    let base = first
        .saturating_mul(1u32.checked_shl(failures.saturating_sub(1).min(16)).unwrap_or(u32::MAX))
        .min(longest);
    base.mul_f64(rand::rng().random_range(0.75..=1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long enough for a ready queue to answer, short enough for a test.
    const MOMENT: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn a_key_waits_once_and_is_worked_on_by_one() {
        let queue = WorkQueue::new();
        queue.push(Key::Lease(1));
        queue.push(Key::Lease(1));
        assert_eq!(queue.next().await, Key::Lease(1));
        // Touched while it is worked on: it comes again, but only after the work ended.
        queue.push(Key::Lease(1));
        queue.push(Key::Lease(2));
        assert_eq!(queue.next().await, Key::Lease(2));
        assert!(tokio::time::timeout(MOMENT, queue.next()).await.is_err());
        queue.done(Key::Lease(1), Outcome::Settled);
        assert_eq!(queue.next().await, Key::Lease(1));
        queue.done(Key::Lease(1), Outcome::Settled);
        queue.done(Key::Lease(2), Outcome::Settled);
        assert!(queue.is_empty());
    }

    #[tokio::test]
    async fn who_waits_wakes_when_something_comes() {
        let queue = std::sync::Arc::new(WorkQueue::new());
        let waiting = tokio::spawn({
            let queue = queue.clone();
            async move { queue.next().await }
        });
        tokio::task::yield_now().await;
        queue.push(Key::Order(3));
        assert_eq!(waiting.await.unwrap(), Key::Order(3));
    }

    #[tokio::test]
    async fn a_failed_key_comes_again_after_a_pause() {
        let queue = WorkQueue::new();
        queue.push(Key::Order(1));
        let key = queue.next().await;
        queue.done(key, Outcome::Failed);
        assert!(tokio::time::timeout(MOMENT, queue.next()).await.is_err());
        assert_eq!(queue.next().await, Key::Order(1));
    }

    #[test]
    fn pauses_grow_up_to_a_bound() {
        let pauses: Vec<Duration> = (1..40).map(pause).collect();
        assert!(pauses[0] < pauses[2] && pauses[2] < pauses[5], "{pauses:?}");
        assert!(pauses.iter().all(|p| *p <= BACKOFF.1 && *p >= BACKOFF.0.mul_f64(0.75)), "{pauses:?}");
    }

    #[tokio::test]
    async fn the_earliest_time_wins() {
        let queue = WorkQueue::new();
        queue.push_after(Key::Lease(1), Duration::from_secs(50));
        queue.push_after(Key::Lease(1), Duration::from_millis(5));
        queue.push_after(Key::Lease(1), Duration::from_secs(90));
        assert_eq!(tokio::time::timeout(Duration::from_secs(5), queue.next()).await, Ok(Key::Lease(1)));
    }
}
