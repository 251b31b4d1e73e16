//! Datagrams of local workloads, and flows of them over carriers.

use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use identity::Side;
use tokio::net::UdpSocket;
use tokio::sync::Notify;
use tokio::time::{timeout, Instant};
use tokio_util::sync::CancellationToken;

use crate::app::Open;
use crate::buffer::SLOTS;
use crate::carrier::{Fault, Link, Payloads, Rx, Tx};
use crate::core::Core;
use crate::listen::{assign_first, assign_idle};
use crate::record::{Kind, HEADER, PAYLOAD, RECORD};
use crate::state::{lock, Protocol, Tunnel};
use crate::work::Work;
use crate::{Route, Way};

/// Longer than any datagram.
const MAX_DATAGRAM: usize = 65_536;
/// Datagrams of one flow that wait to be sent.
const QUEUE: usize = 256;
const QUEUE_BYTES: usize = 1 << 20;
/// Datagrams that are taken in one go.
const BURST: usize = 64;

/// A listener, its flows, and where their datagrams come from.
pub(crate) struct Datagrams {
    socket: UdpSocket,
    route: Arc<dyn Route>,
    flows: Mutex<HashMap<SocketAddr, Arc<Flow>>>,
}

/// What one source address sends and gets.
pub(crate) struct Flow {
    source: SocketAddr,
    listener: Arc<Datagrams>,
    queue: Mutex<Queue>,
    arrived: Notify,
    dropped: AtomicU64,
    _open: Open,
}

#[derive(Default)]
struct Queue {
    datagrams: VecDeque<Vec<u8>>,
    bytes: usize,
}

impl Flow {
    fn push(&self, datagram: &[u8]) {
        let mut queue = lock(&self.queue);
        if queue.datagrams.len() >= QUEUE || queue.bytes + datagram.len() > QUEUE_BYTES {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        queue.bytes += datagram.len();
        queue.datagrams.push_back(datagram.to_vec());
        drop(queue);
        self.arrived.notify_one();
    }

    /// Forgets the flow: what its source sends next begins another.
    pub fn end(&self) {
        let mut flows = lock(&self.listener.flows);
        if flows.get(&self.source).is_some_and(|flow| std::ptr::eq(Arc::as_ptr(flow), self)) {
            flows.remove(&self.source);
        }
    }

    /// Ends it when the guard is dropped.
    pub fn ends_with_this(self: &Arc<Self>) -> Ends {
        Ends(self.clone())
    }
}

pub(crate) struct Ends(Arc<Flow>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Where datagrams come from and go to at one end of a flow.
pub(crate) trait Endpoint: Sync {
    /// Waits until [`Endpoint::take`] may find one.
    fn ready(&self) -> impl Future<Output = io::Result<()>> + Send;
    /// The next one that waits, if any.
    fn take(&self, room: &mut [u8]) -> io::Result<Option<usize>>;
    /// Whether it went out.
    fn deliver(&self, datagram: &[u8]) -> bool;
    /// Datagrams that were lost here since this was asked last.
    fn lost(&self) -> u64;
}

impl Endpoint for Flow {
    async fn ready(&self) -> io::Result<()> {
        loop {
            let arrived = self.arrived.notified();
            if !lock(&self.queue).datagrams.is_empty() {
                return Ok(());
            }
            arrived.await;
        }
    }

    fn take(&self, room: &mut [u8]) -> io::Result<Option<usize>> {
        let mut queue = lock(&self.queue);
        let Some(datagram) = queue.datagrams.pop_front() else { return Ok(None) };
        queue.bytes -= datagram.len();
        let Some(room) = room.get_mut(..datagram.len()) else { return Ok(None) };
        room.copy_from_slice(&datagram);
        Ok(Some(datagram.len()))
    }

    fn deliver(&self, datagram: &[u8]) -> bool {
        self.listener.socket.try_send_to(datagram, self.source).is_ok()
    }

    fn lost(&self) -> u64 {
        self.dropped.swap(0, Ordering::Relaxed)
    }
}

impl Endpoint for UdpSocket {
    async fn ready(&self) -> io::Result<()> {
        self.readable().await
    }

    fn take(&self, room: &mut [u8]) -> io::Result<Option<usize>> {
        match self.try_recv(room) {
            Ok(count) => Ok(Some(count)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            // What an earlier datagram met, such as a closed port; the next may fare better.
            Err(_) => Ok(None),
        }
    }

    fn deliver(&self, datagram: &[u8]) -> bool {
        self.try_send(datagram).is_ok()
    }

    fn lost(&self) -> u64 {
        0
    }
}

/// A socket that hears only this target.
pub(crate) async fn connect(target: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = match target {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(target).await?;
    Ok(socket)
}

/// Hears datagrams until the listener is closed.
pub(crate) async fn listen(
    core: Arc<Core>,
    thread: usize,
    socket: std::net::UdpSocket,
    route: Arc<dyn Route>,
    closed: CancellationToken,
) {
    let Ok(socket) = UdpSocket::from_std(socket) else { return };
    let listener = Arc::new(Datagrams { socket, route, flows: Mutex::default() });
    let draining = core.draining.clone();
    tokio::select! {
        () = closed.cancelled() => {}
        () = draining.cancelled() => {}
        () = hear(&core, thread, &listener) => {}
    }
}

async fn hear(core: &Arc<Core>, thread: usize, listener: &Arc<Datagrams>) {
    let mut room = vec![0; MAX_DATAGRAM];
    loop {
        if listener.socket.readable().await.is_err() {
            return;
        }
        for _ in 0..BURST {
            match listener.socket.try_recv_from(&mut room) {
                Ok((count, source)) => {
                    if let Some(flow) = flow(core, thread, listener, source) {
                        flow.push(&room[..count]);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                // An answer to what was sent before, such as a port that is closed.
                Err(_) => {}
            }
        }
        tokio::task::yield_now().await;
    }
}

fn flow(core: &Arc<Core>, thread: usize, listener: &Arc<Datagrams>, source: SocketAddr) -> Option<Arc<Flow>> {
    let mut flows = lock(&listener.flows);
    if let Some(flow) = flows.get(&source) {
        return Some(flow.clone());
    }
    if flows.len() >= core.config.max_udp_flows {
        return None;
    }
    let flow = Arc::new(Flow {
        source,
        listener: listener.clone(),
        queue: Mutex::default(),
        arrived: Notify::new(),
        dropped: AtomicU64::new(0),
        _open: Open::new(&core.open),
    });
    flows.insert(source, flow.clone());
    tokio::spawn(seek(core.clone(), thread, flow.clone()));
    Some(flow)
}

/// Finds the way of a new flow.
async fn seek(core: Arc<Core>, thread: usize, flow: Arc<Flow>) {
    let mut tunnels = Vec::new();
    for way in flow.listener.route.ways(flow.source) {
        match way {
            Way::Local(address) => {
                if let Ok(Ok(target)) = timeout(core.config.target_timeout, connect(address)).await {
                    let _ends = flow.ends_with_this();
                    return carry_here(&core, &flow, &target).await;
                }
            }
            Way::Tunnel(id) => {
                let usable =
                    |tunnel: &Arc<Tunnel>| tunnel.id.side == Side::From && tunnel.protocol == Protocol::Udp;
                let Some(tunnel) = core.tunnel(&id).filter(usable) else { continue };
                if assign_idle(&core, &tunnel, thread, Work::Flow(flow.clone())).is_ok() {
                    return;
                }
                tunnels.push(tunnel);
            }
        }
    }
    let until = Instant::now() + core.config.open_wait;
    if assign_first(&core, &tunnels, Work::Flow(flow.clone()), until).await.is_err() {
        flow.end();
    }
}

/// To a replica at this provider.
async fn carry_here(core: &Core, flow: &Flow, target: &UdpSocket) {
    let mut room = vec![0; MAX_DATAGRAM];
    loop {
        tokio::select! {
            ready = Endpoint::ready(flow) => {
                if ready.is_err() { return }
                while let Ok(Some(count)) = Endpoint::take(flow, &mut room) {
                    target.deliver(&room[..count]);
                }
            }
            ready = Endpoint::ready(target) => {
                if ready.is_err() { return }
                while let Ok(Some(count)) = Endpoint::take(target, &mut room) {
                    flow.deliver(&room[..count]);
                }
            }
            () = tokio::time::sleep(core.config.udp_idle) => return,
        }
    }
}

/// Carries datagrams both ways until either end is done or nothing has come for long enough.
pub(crate) async fn carry(
    link: &Link,
    tx: &mut Tx,
    rx: &mut Rx,
    endpoint: &impl Endpoint,
) -> Result<(), Fault> {
    let mut parts = Parts::default();
    let draining = link.core.draining.clone();
    loop {
        tokio::select! {
            biased;
            () = draining.cancelled() => break,
            ready = link.writable(), if tx.is_pending() => { ready?; tx.try_flush(link)?; }
            ready = rx.readable(link) => {
                ready?;
                if receive(link, rx, endpoint, &mut parts)? { break }
            }
            ready = endpoint.ready(), if !tx.is_pending() => {
                if ready.is_err() { break }
                tx.prepare(link).await?;
                send(link, tx, endpoint)?;
            }
            () = tokio::time::sleep(link.core.config.udp_idle) => break,
        }
    }
    let ending = async {
        tx.flush(link).await?;
        tx.finish(link, Kind::End).await?;
        while !rx.ended {
            rx.readable(link).await?;
            receive(link, rx, endpoint, &mut parts)?;
        }
        Ok(())
    };
    timeout(link.core.config.open_timeout, ending).await.unwrap_or(Err(Fault::Timeout))
}

/// Seals what waits, as much as fits into one buffer.
fn send(link: &Link, tx: &mut Tx, endpoint: &impl Endpoint) -> Result<(), Fault> {
    let counters = &link.tunnel.counters;
    counters.dropped.add(endpoint.lost());
    let mut buffer = link.core.buffers.take();
    let Some((room, out)) = buffer.split_at_mut_checked(MAX_DATAGRAM) else {
        // Too little memory for all: what cannot be sent now is lost, as datagrams may be.
        let mut room = vec![0; MAX_DATAGRAM];
        while let Ok(Some(_)) = endpoint.take(&mut room) {
            counters.dropped.add(1);
        }
        return Ok(());
    };
    let (mut end, mut bytes) = (0, 0);
    // The longest datagram must fit behind what is there.
    while end + RECORD * MAX_DATAGRAM.div_ceil(PAYLOAD) <= out.len() {
        let Ok(Some(count)) = endpoint.take(room) else { break };
        let mut left = &room[..count];
        loop {
            let (now, later) = left.split_at(left.len().min(PAYLOAD));
            let kind = if later.is_empty() { Kind::Datagram } else { Kind::Part };
            out[end + HEADER..end + HEADER + now.len()].copy_from_slice(now);
            end += tx.seal(&mut out[end..], now.len(), kind)?;
            left = later;
            if left.is_empty() {
                break;
            }
        }
        bytes += count as u64;
    }
    counters.sent.add(bytes);
    if end > 0 {
        tx.begin(link, buffer, MAX_DATAGRAM..MAX_DATAGRAM + end)?;
    }
    Ok(())
}

/// Delivers what has come. True: the peer has ended the flow.
fn receive(link: &Link, rx: &mut Rx, endpoint: &impl Endpoint, parts: &mut Parts) -> Result<bool, Fault> {
    let mut buffer = link.core.buffers.take();
    let Some(batch) = rx.read(link, &mut buffer)? else { return Ok(false) };
    link.tunnel.counters.received.add(batch.bytes);
    for (kind, payload, _) in Payloads::new(&buffer[..batch.end]) {
        let delivered = if kind == Kind::Datagram as u8 {
            parts.last(payload, |datagram| endpoint.deliver(datagram))
        } else if kind == Kind::Part as u8 {
            parts.more(payload)?;
            true
        } else if payload.is_empty() {
            true
        } else {
            return Err(Fault::Protocol("bytes of a stream stand between datagrams"));
        };
        if !delivered {
            link.tunnel.counters.dropped.add(1);
        }
    }
    match batch.last {
        Some(Kind::End | Kind::Reset) => {
            rx.ended = true;
            Ok(true)
        }
        Some(_) => Err(Fault::Protocol("a frame comes where it has no place")),
        None => Ok(false),
    }
}

/// The beginning of a datagram whose end has not come yet.
#[derive(Default)]
pub(crate) struct Parts(Vec<u8>);

impl Parts {
    fn more(&mut self, part: &[u8]) -> Result<(), Fault> {
        if self.0.len() + part.len() > MAX_DATAGRAM {
            return Err(Fault::Protocol("a datagram is too long"));
        }
        self.0.extend_from_slice(part);
        Ok(())
    }

    fn last(&mut self, part: &[u8], deliver: impl FnOnce(&[u8]) -> bool) -> bool {
        if self.0.is_empty() {
            return deliver(part);
        }
        let mut datagram = std::mem::take(&mut self.0);
        if datagram.len() + part.len() > MAX_DATAGRAM {
            return false;
        }
        datagram.extend_from_slice(part);
        deliver(&datagram)
    }
}

const _: () = assert!(SLOTS * RECORD > 3 * MAX_DATAGRAM);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_make_the_datagram_and_never_more_than_one_can_be(
            parts in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..PAYLOAD), 1..8),
        ) {
            let whole = parts.concat();
            let (last, first) = parts.split_last().unwrap();
            let mut joined = Parts::default();
            let taken = first.iter().try_for_each(|part| joined.more(part));
            prop_assert!(joined.0.len() <= MAX_DATAGRAM);
            if taken.is_ok() {
                let mut got = None;
                joined.last(last, |datagram| {
                    got = Some(datagram.to_vec());
                    true
                });
                prop_assert_eq!(got, (whole.len() <= MAX_DATAGRAM).then_some(whole));
                prop_assert!(joined.0.is_empty());
            }
        }
    }
}
