//! The carriers of one tunnel: which are idle, and who waits for one.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use identity::{Fingerprint, TunnelPeer};
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::state::Tunnel;
use crate::work::Work;

/// Of the idle carriers, how many are looked through for one on the caller's own thread.
const LOOKED_THROUGH: usize = 64;

static NEXT: AtomicU64 = AtomicU64::new(0);

/// A carrier as the rest of the overlay sees it. Its connection belongs to a task on one of the threads.
pub(crate) struct Handle {
    pub number: u64,
    pub tunnel: Arc<Tunnel>,
    /// Whose task it is.
    pub thread: usize,
    /// Dialled by this end.
    pub dialled: bool,
    /// The root that its peer proved itself by.
    pub root: Fingerprint,
    /// When the first of both ends' certificates ends, in seconds since the epoch.
    pub expires: u64,
    /// Ends the carrier and resets its stream.
    pub close: CancellationToken,
    slot: Mutex<Slot>,
    pub assigned: Notify,
}

enum Slot {
    Empty,
    Work(Work),
    Gone,
}

impl Handle {
    pub fn new(tunnel: Arc<Tunnel>, thread: usize, dialled: bool, peer: TunnelPeer) -> Arc<Self> {
        Arc::new(Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            thread,
            dialled,
            root: peer.root_fingerprint,
            expires: peer.expires.min(tunnel.end.leaf_expires()),
            close: tunnel.closed.child_token(),
            tunnel,
            slot: Mutex::new(Slot::Empty),
            assigned: Notify::new(),
        })
    }

    /// Gives it a stream; gives it back when the carrier has ended meanwhile.
    pub fn assign(&self, work: Work) -> Result<(), Work> {
        let mut slot = self.slot();
        match *slot {
            Slot::Empty => *slot = Slot::Work(work),
            Slot::Work(_) | Slot::Gone => return Err(work),
        }
        drop(slot);
        self.assigned.notify_one();
        Ok(())
    }

    /// What it was given, for its own task.
    pub fn work(&self) -> Option<Work> {
        let mut slot = self.slot();
        match std::mem::replace(&mut *slot, Slot::Empty) {
            Slot::Work(work) => Some(work),
            other => {
                *slot = other;
                None
            }
        }
    }

    /// Takes nothing more. Returns what it was given and has not begun.
    pub fn leave(&self) -> Option<Work> {
        match std::mem::replace(&mut *self.slot(), Slot::Gone) {
            Slot::Work(work) => Some(work),
            Slot::Empty | Slot::Gone => None,
        }
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream that waits for the first carrier of any of several tunnels.
#[derive(Default)]
pub(crate) struct Waiter {
    state: Mutex<Offer>,
    pub offered: Notify,
}

#[derive(Default)]
enum Offer {
    #[default]
    Open,
    Made(Arc<Handle>),
    Over,
}

impl Waiter {
    fn offer(&self, handle: &Arc<Handle>) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*state, Offer::Open) {
            return false;
        }
        *state = Offer::Made(handle.clone());
        drop(state);
        self.offered.notify_one();
        true
    }

    /// The offer, if there is one. `last`: none is taken afterwards.
    pub fn take(&self, last: bool) -> Option<Arc<Handle>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match std::mem::take(&mut *state) {
            Offer::Made(handle) => {
                *state = Offer::Over;
                Some(handle)
            }
            Offer::Over => {
                *state = Offer::Over;
                None
            }
            Offer::Open => {
                if last {
                    *state = Offer::Over;
                }
                None
            }
        }
    }

    fn is_open(&self) -> bool {
        matches!(*self.state.lock().unwrap_or_else(PoisonError::into_inner), Offer::Open)
    }
}

pub(crate) enum Waiting {
    Not(Arc<Handle>),
    Queued,
    /// The tunnel is closed, or too many wait for it.
    Refused,
}

/// How many there are of what.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Census {
    pub all: usize,
    pub idle: usize,
    pub waiting: usize,
    /// Since when there is none that the peer dialled.
    pub alone_since: Option<Instant>,
}

pub(crate) struct Pool {
    inner: Mutex<Inner>,
}

struct Inner {
    carriers: HashMap<u64, Arc<Handle>>,
    /// The one used last is used first, so that those beyond the need grow old.
    idle: Vec<Arc<Handle>>,
    /// Idle carriers that the other end gives streams to.
    serving: usize,
    waiters: VecDeque<Arc<Waiter>>,
    incoming: usize,
    alone_since: Instant,
    closed: bool,
}

impl Pool {
    pub fn new() -> Self {
        Self {
            inner: Mutex::new(Inner {
                carriers: HashMap::new(),
                idle: Vec::new(),
                serving: 0,
                waiters: VecDeque::new(),
                incoming: 0,
                alone_since: Instant::now(),
                closed: false,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn census(&self) -> Census {
        let mut inner = self.lock();
        inner.waiters.retain(|waiter| waiter.is_open());
        Census {
            all: inner.carriers.len(),
            idle: inner.idle.len() + inner.serving,
            waiting: inner.waiters.len(),
            alone_since: (inner.incoming == 0).then_some(inner.alone_since),
        }
    }

    /// A new carrier, which is not idle yet. No: there are too many, or the tunnel is closed.
    pub fn enter(&self, handle: &Arc<Handle>, max: usize) -> bool {
        let mut inner = self.lock();
        if inner.closed || inner.carriers.len() >= max {
            return false;
        }
        inner.incoming += usize::from(!handle.dialled);
        inner.carriers.insert(handle.number, handle.clone());
        true
    }

    pub fn leave(&self, handle: &Handle) {
        let mut inner = self.lock();
        if inner.carriers.remove(&handle.number).is_some() && !handle.dialled {
            inner.incoming -= 1;
            if inner.incoming == 0 {
                inner.alone_since = Instant::now();
            }
        }
        inner.idle.retain(|idle| idle.number != handle.number);
    }

    /// A carrier of the end that opens streams is free. Whoever waits longest gets it.
    pub fn free(&self, handle: &Arc<Handle>) {
        let mut inner = self.lock();
        while let Some(waiter) = inner.waiters.pop_front() {
            if waiter.offer(handle) {
                return;
            }
        }
        inner.idle.push(handle.clone());
    }

    /// A carrier of the end that serves streams is free or busy: it is only counted.
    pub fn count_idle(&self, idle: bool) {
        let mut inner = self.lock();
        inner.serving = if idle { inner.serving + 1 } else { inner.serving.saturating_sub(1) };
    }

    /// An idle carrier, of this thread if there is one, and how many are left.
    pub fn take(&self, thread: usize) -> Option<(Arc<Handle>, usize)> {
        let mut inner = self.lock();
        let place = inner
            .idle
            .iter()
            .rev()
            .take(LOOKED_THROUGH)
            .position(|handle| handle.thread == thread)
            .map(|from_end| inner.idle.len() - 1 - from_end);
        let handle = match place {
            Some(place) => Some(inner.idle.remove(place)),
            None => inner.idle.pop(),
        };
        handle.map(|handle| (handle, inner.idle.len()))
    }

    /// Takes this carrier out if it is idle: then no stream can be given to it.
    pub fn retire(&self, handle: &Handle) -> bool {
        let mut inner = self.lock();
        let before = inner.idle.len();
        inner.idle.retain(|idle| idle.number != handle.number);
        inner.idle.len() < before
    }

    /// An idle carrier after all, or a place among those that wait.
    pub fn wait(&self, waiter: &Arc<Waiter>, max: usize) -> Waiting {
        let mut inner = self.lock();
        if let Some(handle) = inner.idle.pop() {
            return Waiting::Not(handle);
        }
        inner.waiters.retain(|waiter| waiter.is_open());
        if inner.closed || inner.waiters.len() >= max {
            return Waiting::Refused;
        }
        inner.waiters.push_back(waiter.clone());
        Waiting::Queued
    }

    pub fn carriers(&self) -> Vec<Arc<Handle>> {
        self.lock().carriers.values().cloned().collect()
    }

    /// Takes no carrier any more.
    pub fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        inner.waiters.clear();
    }
}
