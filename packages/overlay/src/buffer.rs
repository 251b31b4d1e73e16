//! Large buffers, borrowed while data moves and given back when a stream waits, so that idle streams have none.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use crate::record::RECORD;

/// Records in a large buffer.
pub(crate) const SLOTS: usize = 32;
const LARGE: usize = SLOTS * RECORD;
/// Buffers of either size that a thread keeps.
const KEPT: usize = 4;

thread_local! {
    static SMALL: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
    static BIG: RefCell<Vec<Box<[u8]>>> = const { RefCell::new(Vec::new()) };
}

/// How much memory large buffers may take together.
#[derive(Debug)]
pub(crate) struct Buffers {
    limit: usize,
    used: AtomicUsize,
}

impl Buffers {
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit, used: AtomicUsize::new(0) })
    }

    /// A large buffer, or one for a single record when too many large ones are in use.
    pub fn take(self: &Arc<Self>) -> Buffer {
        let large = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(LARGE).filter(|used| *used <= self.limit)
            })
            .is_ok();
        Buffer::new(large, self.clone())
    }

    /// Room for one record.
    pub fn small(self: &Arc<Self>) -> Buffer {
        Buffer::new(false, self.clone())
    }
}

/// Bytes of what it was used for before: whoever reads must have written.
pub(crate) struct Buffer {
    bytes: Box<[u8]>,
    large: bool,
    buffers: Arc<Buffers>,
}

impl Buffer {
    fn new(large: bool, buffers: Arc<Buffers>) -> Self {
        let free = if large { &BIG } else { &SMALL };
        let kept = free.with_borrow_mut(Vec::pop);
        let bytes = kept.unwrap_or_else(|| vec![0; if large { LARGE } else { RECORD }].into_boxed_slice());
        Self { bytes, large, buffers }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.large {
            self.buffers.used.fetch_sub(LARGE, Ordering::Relaxed);
        }
        let bytes = std::mem::take(&mut self.bytes);
        // A thread that ends has nothing to keep it in.
        let free = if self.large { &BIG } else { &SMALL };
        let _ = free.try_with(|free| {
            let mut kept = free.borrow_mut();
            if kept.len() < KEPT {
                kept.push(bytes);
            }
        });
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}
