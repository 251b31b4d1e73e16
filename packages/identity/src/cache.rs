use async_trait::async_trait;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::{Fingerprint, RootStatus, Roots, Unknown};

/// How long answers of the chain are used.
#[derive(Clone, Copy, Debug)]
pub struct CachePolicy {
    /// An answer younger than this is used without asking, so a revocation is felt within this time.
    pub fresh: Duration,
    /// While the chain cannot be asked, an account seen active within this time stays trusted.
    pub stale: Duration,
    /// Roots remembered at most.
    pub capacity: usize,
    /// Questions under way at once, so that strangers with invented roots cannot flood a node.
    pub concurrent: usize,
}

impl Default for CachePolicy {
    fn default() -> Self {
        Self {
            fresh: Duration::from_secs(15),
            stale: Duration::from_secs(3600),
            capacity: 4096,
            concurrent: 8,
        }
    }
}

/// Remembers what the chain said of roots. A silent chain changes nothing for peers that were known to be good, and
/// lets nobody new in.
pub struct CachedRoots<R> {
    inner: R,
    policy: CachePolicy,
    seen: Mutex<HashMap<(String, Fingerprint), Seen>>,
    asking: Semaphore,
}

#[derive(Clone, Copy)]
struct Seen {
    status: RootStatus,
    at: Instant,
    /// Ask again whatever its age.
    doubted: bool,
}

impl<R: Roots> CachedRoots<R> {
    pub fn new(inner: R, policy: CachePolicy) -> Self {
        Self { inner, policy, seen: Mutex::default(), asking: Semaphore::new(policy.concurrent.max(1)) }
    }

    /// Makes the next question of this account go to the chain, as after an event that names it. What is known
    /// still helps if the chain is silent then.
    pub fn refresh(&self, account: &str) {
        for ((seen_account, _), seen) in self.lock().iter_mut() {
            if seen_account == account {
                seen.doubted = true;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(String, Fingerprint), Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, key: (String, Fingerprint), status: RootStatus) {
        let mut seen = self.lock();
        if seen.len() >= self.policy.capacity && !seen.contains_key(&key) {
            let (fresh, stale) = (self.policy.fresh, self.policy.stale);
            // Refusals go first: they protect nobody's access.
            seen.retain(|_, entry| {
                entry.at.elapsed() < if entry.status == RootStatus::Active { stale } else { fresh }
            });
            if seen.len() >= self.policy.capacity {
                let victim = seen
                    .iter()
                    .min_by_key(|(_, entry)| (entry.status == RootStatus::Active, entry.at))
                    .map(|(key, _)| key.clone());
                if let Some(victim) = victim {
                    seen.remove(&victim);
                }
            }
        }
        seen.insert(key, Seen { status, at: Instant::now(), doubted: false });
    }
}

#[async_trait]
impl<R: Roots> Roots for CachedRoots<R> {
    async fn root(&self, account: &str, fingerprint: &Fingerprint) -> Result<RootStatus, Unknown> {
        let key = (account.to_owned(), *fingerprint);
        let known = self.lock().get(&key).copied();
        if let Some(seen) = known.filter(|seen| !seen.doubted && seen.at.elapsed() < self.policy.fresh) {
            return Ok(seen.status);
        }
        let answer = {
            let _turn = self.asking.acquire().await.map_err(Unknown::new)?;
            self.inner.root(account, fingerprint).await
        };
        match answer {
            Ok(status) => {
                self.remember(key, status);
                Ok(status)
            }
            Err(unknown) => match known {
                // Revocation is final, so an old refusal still holds.
                Some(seen) if seen.status == RootStatus::Revoked => Ok(seen.status),
                Some(seen) if seen.status == RootStatus::Active && seen.at.elapsed() < self.policy.stale => {
                    Ok(seen.status)
                }
                _ => Err(unknown),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::Arc;

    struct Chain {
        answer: Mutex<Result<RootStatus, Unknown>>,
        asked: AtomicUsize,
    }

    #[async_trait]
    impl Roots for Chain {
        async fn root(&self, _: &str, _: &Fingerprint) -> Result<RootStatus, Unknown> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            self.answer.lock().unwrap().clone()
        }
    }

    fn chain(answer: Result<RootStatus, Unknown>) -> Arc<Chain> {
        Arc::new(Chain { answer: Mutex::new(answer), asked: AtomicUsize::new(0) })
    }

    const ROOT: Fingerprint = Fingerprint([7; 32]);
    const LONG: Duration = Duration::from_secs(3600);
    const POLICY: CachePolicy = CachePolicy { fresh: LONG, stale: LONG, capacity: 4, concurrent: 2 };
    /// Asks every time, and remembers for when it gets no answer.
    const ALWAYS_ASK: CachePolicy = CachePolicy { fresh: Duration::ZERO, ..POLICY };

    #[tokio::test]
    async fn a_fresh_answer_is_not_asked_for_again() {
        let chain = chain(Ok(RootStatus::Active));
        let cache = CachedRoots::new(chain.clone(), POLICY);
        for _ in 0..3 {
            assert_eq!(cache.root("a", &ROOT).await, Ok(RootStatus::Active));
        }
        assert_eq!(chain.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_revocation_is_felt_once_the_answer_is_not_fresh_and_outlasts_silence() {
        let chain = chain(Ok(RootStatus::Active));
        let cache = CachedRoots::new(chain.clone(), ALWAYS_ASK);
        cache.root("a", &ROOT).await.unwrap();
        *chain.answer.lock().unwrap() = Ok(RootStatus::Revoked);
        assert_eq!(cache.root("a", &ROOT).await, Ok(RootStatus::Revoked));
        *chain.answer.lock().unwrap() = Err(Unknown::new("connection refused"));
        assert_eq!(cache.root("a", &ROOT).await, Ok(RootStatus::Revoked));
    }

    #[tokio::test]
    async fn a_silent_chain_keeps_the_known_and_lets_nobody_new_in() {
        let chain = chain(Ok(RootStatus::Active));
        let cache = CachedRoots::new(chain.clone(), ALWAYS_ASK);
        cache.root("known", &ROOT).await.unwrap();
        *chain.answer.lock().unwrap() = Err(Unknown::new("connection refused"));
        assert_eq!(cache.root("known", &ROOT).await, Ok(RootStatus::Active));
        assert!(cache.root("new", &ROOT).await.is_err());
        // Another root of the known account is as new as another account.
        assert!(cache.root("known", &Fingerprint([8; 32])).await.is_err());
    }

    #[tokio::test]
    async fn what_is_known_is_not_trusted_for_ever_without_the_chain() {
        let chain = chain(Ok(RootStatus::Active));
        let policy = CachePolicy { fresh: Duration::ZERO, stale: Duration::ZERO, ..POLICY };
        let cache = CachedRoots::new(chain.clone(), policy);
        cache.root("known", &ROOT).await.unwrap();
        *chain.answer.lock().unwrap() = Err(Unknown::new("connection refused"));
        assert!(cache.root("known", &ROOT).await.is_err());
    }

    #[tokio::test]
    async fn a_refresh_asks_the_chain_at_once() {
        let chain = chain(Ok(RootStatus::Active));
        let cache = CachedRoots::new(chain.clone(), POLICY);
        cache.root("a", &ROOT).await.unwrap();
        cache.root("b", &ROOT).await.unwrap();
        *chain.answer.lock().unwrap() = Ok(RootStatus::Revoked);
        cache.refresh("a");
        assert_eq!(cache.root("a", &ROOT).await, Ok(RootStatus::Revoked));
        assert_eq!(cache.root("b", &ROOT).await, Ok(RootStatus::Active));
    }

    #[tokio::test]
    async fn strangers_do_not_push_out_the_known() {
        let chain = chain(Ok(RootStatus::Active));
        let cache = CachedRoots::new(chain.clone(), ALWAYS_ASK);
        cache.root("known", &ROOT).await.unwrap();
        *chain.answer.lock().unwrap() = Ok(RootStatus::NotPublished);
        for stranger in 0..20 {
            cache.root(&format!("stranger{stranger}"), &ROOT).await.unwrap();
        }
        assert!(cache.lock().len() <= POLICY.capacity);
        *chain.answer.lock().unwrap() = Err(Unknown::new("silent"));
        assert_eq!(cache.root("known", &ROOT).await, Ok(RootStatus::Active));
    }
}
