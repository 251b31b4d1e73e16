//! Takes the streams of local workloads and finds a way on for each.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use identity::Side;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{timeout, timeout_at, Instant};
use tokio_util::sync::CancellationToken;

use crate::app::{App, Open};
use crate::core::Core;
use crate::pool::{Handle, Waiter, Waiting};
use crate::state::{Protocol, Tunnel};
use crate::stream::join;
use crate::work::{Stream, Work};
use crate::{Route, Way};

/// After an accept that failed because something has run out.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(50);

pub(crate) struct Listener {
    pub route: Arc<dyn Route>,
    /// Streams that seek a way, or go to a replica here. Those beyond it wait to be accepted.
    places: Arc<Semaphore>,
}

impl Listener {
    pub fn new(core: &Core, route: Arc<dyn Route>) -> Arc<Self> {
        Arc::new(Self { route, places: Arc::new(Semaphore::new(core.config.max_carriers.max(1))) })
    }
}

/// Accepts on one thread until the listener is closed.
pub(crate) async fn accept(
    core: Arc<Core>,
    thread: usize,
    socket: std::net::TcpListener,
    listener: Arc<Listener>,
    closed: CancellationToken,
) {
    let Ok(socket) = TcpListener::from_std(socket) else { return };
    let draining = core.draining.clone();
    tokio::select! {
        () = closed.cancelled() => {}
        () = draining.cancelled() => {}
        () = async {
            loop {
                let Ok(place) = listener.places.clone().acquire_owned().await else { return };
                match socket.accept().await {
                    Ok((stream, source)) => begin(&core, thread, stream, source, &listener, place),
                    Err(error) if is_of_one_connection(&error) => {}
                    Err(error) => {
                        tracing::warn!(%error, "a workload's connection could not be accepted");
                        tokio::time::sleep(EXHAUSTED_PAUSE).await;
                    }
                }
            }
        } => {}
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}

fn begin(
    core: &Arc<Core>,
    thread: usize,
    stream: TcpStream,
    source: SocketAddr,
    listener: &Arc<Listener>,
    place: OwnedSemaphorePermit,
) {
    let Ok(app) = App::new(stream, thread, Open::new(&core.open)) else { return };
    let until = Instant::now() + core.config.open_wait;
    let stream = Stream { app, source, listener: listener.clone(), until };
    tokio::spawn(seek(core.clone(), stream, thread, place));
}

/// Seeks another way for a stream whose carrier ended before it began.
pub(crate) fn seek_again(core: &Arc<Core>, stream: Stream) {
    let Ok(place) = stream.listener.places.clone().try_acquire_owned() else { return };
    let thread = stream.app.thread();
    core.threads.spawn(thread, seek(core.clone(), stream, thread, place));
}

async fn seek(core: Arc<Core>, stream: Stream, thread: usize, _place: OwnedSemaphorePermit) {
    let mut stream = stream;
    let mut tunnels = Vec::new();
    for way in stream.listener.route.ways(stream.source) {
        match way {
            Way::Local(address) => {
                if let Ok(Ok(target)) = timeout(core.config.target_timeout, TcpStream::connect(address)).await
                {
                    return carry_here(&core, stream.app, target, thread).await;
                }
            }
            Way::Tunnel(id) => {
                let usable =
                    |tunnel: &Arc<Tunnel>| tunnel.id.side == Side::From && tunnel.protocol == Protocol::Tcp;
                let Some(tunnel) = core.tunnel(&id).filter(usable) else { continue };
                match assign_idle(&core, &tunnel, thread, Work::Stream(stream)) {
                    Ok(()) => return,
                    Err(Work::Stream(same)) => stream = same,
                    Err(Work::Flow(_)) => return,
                }
                tunnels.push(tunnel);
            }
        }
    }
    let until = stream.until;
    let _ = assign_first(&core, &tunnels, Work::Stream(stream), until).await;
}

/// Gives work to an idle carrier of this tunnel, if there is one.
pub(crate) fn assign_idle(core: &Core, tunnel: &Tunnel, thread: usize, work: Work) -> Result<(), Work> {
    let mut work = work;
    while let Some((handle, left)) = tunnel.pool.take(thread) {
        if left < core.config.min_idle {
            tunnel.wake.notify_one();
        }
        match handle.assign(work) {
            Ok(()) => return Ok(()),
            Err(same) => work = same,
        }
    }
    Err(work)
}

/// Gives work to the first carrier that becomes free in any of these tunnels.
pub(crate) async fn assign_first(
    core: &Core,
    tunnels: &[Arc<Tunnel>],
    work: Work,
    until: Instant,
) -> Result<(), Work> {
    let mut work = work;
    while let Some(handle) = first_free(core, tunnels, until).await {
        match handle.assign(work) {
            Ok(()) => return Ok(()),
            Err(same) => work = same,
        }
    }
    for tunnel in tunnels {
        tunnel.counters.failed.add(1);
        tunnel.failed(&"no carrier became free for a stream in time");
    }
    Err(work)
}

async fn first_free(core: &Core, tunnels: &[Arc<Tunnel>], until: Instant) -> Option<Arc<Handle>> {
    let waiter = Arc::new(Waiter::default());
    // A stream that ends its waiting gives back what it was offered meanwhile.
    let guard = GiveBack(&waiter);
    let mut queued = false;
    for tunnel in tunnels {
        tunnel.asked();
        match tunnel.pool.wait(&waiter, core.config.max_carriers) {
            Waiting::Not(handle) => {
                drop(guard);
                return Some(handle);
            }
            Waiting::Queued => {
                queued = true;
                tunnel.wake.notify_one();
            }
            Waiting::Refused => {}
        }
    }
    if !queued {
        return None;
    }
    loop {
        if let Some(handle) = waiter.take(false) {
            return Some(handle);
        }
        if timeout_at(until, waiter.offered.notified()).await.is_err() {
            return waiter.take(true);
        }
    }
}

struct GiveBack<'a>(&'a Waiter);

impl Drop for GiveBack<'_> {
    fn drop(&mut self) {
        if let Some(handle) = self.0.take(true) {
            handle.tunnel.pool.free(&handle);
        }
    }
}

/// To a replica at this provider.
async fn carry_here(core: &Core, app: App, target: TcpStream, thread: usize) {
    let Ok(target) = App::new(target, thread, Open::new(&core.open)) else { return };
    let (Ok(left), Ok(right)) = (app.socket(), target.socket()) else { return };
    if join(core, left, right).await.is_ok() {
        app.finish();
        target.finish();
    }
}
