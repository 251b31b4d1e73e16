//! What all parts of an overlay share, and its threads.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use identity::{Identity, Roots};
use tokio::runtime::{Builder, Handle};
use tokio::sync::{watch, Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::buffer::Buffers;
use crate::state::Tunnel;
use crate::{Config, Host, Refusals, TunnelId};

/// Threads that look up names of endpoints, for each thread that carries data.
const BLOCKING_THREADS: usize = 2;

pub(crate) struct Core {
    pub config: Config,
    pub identity: Arc<Identity>,
    pub roots: Arc<dyn Roots>,
    pub host: Arc<dyn Host>,
    pub threads: Threads,
    pub buffers: Arc<Buffers>,
    /// Incoming handshakes that may be under way.
    pub handshakes: Arc<Semaphore>,
    pub refused: Refused,
    /// Streams and flows that are open.
    pub open: watch::Sender<usize>,
    pub recheck: Notify,
    /// Cancelled when no new stream is to begin.
    pub draining: CancellationToken,
    tunnels: RwLock<Tunnels>,
}

#[derive(Default)]
pub(crate) struct Tunnels {
    pub by_id: BTreeMap<TunnelId, Arc<Tunnel>>,
    pub by_label: HashMap<String, Arc<Tunnel>>,
}

impl Core {
    pub fn new(
        config: Config,
        identity: Arc<Identity>,
        roots: Arc<dyn Roots>,
        host: Arc<dyn Host>,
        threads: Threads,
    ) -> Self {
        Self {
            buffers: Buffers::new(config.buffer_bytes),
            handshakes: Arc::new(Semaphore::new(config.max_handshakes)),
            refused: Refused::default(),
            open: watch::Sender::new(0),
            recheck: Notify::new(),
            draining: CancellationToken::new(),
            tunnels: RwLock::default(),
            config,
            identity,
            roots,
            host,
            threads,
        }
    }

    pub fn tunnels(&self) -> RwLockReadGuard<'_, Tunnels> {
        self.tunnels.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn tunnels_mut(&self) -> RwLockWriteGuard<'_, Tunnels> {
        self.tunnels.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn tunnel(&self, id: &TunnelId) -> Option<Arc<Tunnel>> {
        self.tunnels().by_id.get(id).cloned()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Refused {
    pub unknown: AtomicU64,
    pub busy: AtomicU64,
    pub handshake: AtomicU64,
    pub certificate: AtomicU64,
    pub root: AtomicU64,
}

impl Refused {
    pub fn read(&self) -> Refusals {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Refusals {
            unknown: read(&self.unknown),
            busy: read(&self.busy),
            handshake: read(&self.handshake),
            certificate: read(&self.certificate),
            root: read(&self.root),
        }
    }
}

/// Threads with a runtime each, so that a stream's data stay with one processor.
pub(crate) struct Threads {
    handles: Vec<Handle>,
    next: AtomicUsize,
    stop: CancellationToken,
}

impl Threads {
    /// 0: one for each core, at most 8.
    pub fn start(count: usize) -> io::Result<Self> {
        let count = match count {
            0 => std::thread::available_parallelism().map_or(1, usize::from).min(8),
            count => count,
        };
        let threads = Self { handles: Vec::new(), next: AtomicUsize::new(0), stop: CancellationToken::new() };
        // Dropped on failure, which ends those that have begun.
        (0..count).try_fold(threads, |mut threads, number| {
            let runtime =
                Builder::new_current_thread().enable_all().max_blocking_threads(BLOCKING_THREADS).build()?;
            threads.handles.push(runtime.handle().clone());
            let stop = threads.stop.clone();
            std::thread::Builder::new().name(format!("overlay-{number}")).spawn(move || {
                runtime.block_on(stop.cancelled());
                // Does not wait for a lookup of a name.
                runtime.shutdown_background();
            })?;
            Ok(threads)
        })
    }

    pub fn count(&self) -> usize {
        self.handles.len()
    }

    /// The one whose turn it is.
    pub fn pick(&self) -> usize {
        self.next.fetch_add(1, Ordering::Relaxed) % self.handles.len()
    }

    pub fn spawn(&self, thread: usize, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(handle) = self.handles.get(thread) {
            handle.spawn(task);
        }
    }

    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    pub fn stop(&self) {
        self.stop.cancel();
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
