//! The life of a carrier: idle, with a stream, idle again.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use identity::{authorise_root, Side};
use tokio::net::TcpStream;
use tokio::time::{timeout, Instant};

use crate::app::{App, Open};
use crate::carrier::{split, Batch, Fault, Link, Rx, Tx};
use crate::core::Core;
use crate::datagram;
use crate::handshake::{HandshakeError, Secured};
use crate::listen;
use crate::pool::Handle;
use crate::record::Kind;
use crate::state::{unix_now, Protocol, Tunnel};
use crate::stream::{pump, Opening};
use crate::work::{Stream, Work};

/// Why a connection did not become a carrier.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refused {
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    #[error("the peer's root is not trusted: {0}")]
    Root(String),
    #[error("the peer did not say that it is ready: {0}")]
    NotReady(Fault),
    #[error("there are too many carriers of this tunnel")]
    TooMany,
}

/// A carrier that both ends trust, entered in the pool.
pub(crate) struct Carrier {
    link: Link,
    tx: Tx,
    rx: Rx,
}

impl Drop for Carrier {
    fn drop(&mut self) {
        let Link { core, tunnel, handle, .. } = &self.link;
        tunnel.pool.leave(handle);
        tunnel.wake.notify_one();
        // It was given a stream and ended before it looked: the stream seeks another way.
        match handle.leave() {
            Some(Work::Stream(stream)) => listen::seek_again(core, stream),
            Some(Work::Flow(flow)) => flow.end(),
            None => {}
        }
    }
}

impl Carrier {
    /// Asks the chain about the peer's root, tells the peer that this end is ready, and hears the same of it.
    pub async fn establish(
        core: Arc<Core>,
        tunnel: Arc<Tunnel>,
        thread: usize,
        dialled: bool,
        secured: Secured,
    ) -> Result<Self, Refused> {
        let peer = secured.peer;
        authorise_root(&tunnel.id.peer, &peer.root_fingerprint, core.roots.as_ref())
            .await
            .map_err(|error| Refused::Root(error.cause().to_owned()))?;
        let handle = Handle::new(tunnel.clone(), thread, dialled, peer);
        let (link, tx, rx) = split(secured, core, tunnel, handle);
        let mut carrier = Self { link, tx, rx };
        carrier.greet().await.map_err(Refused::NotReady)?;
        let Link { core, tunnel, handle, .. } = &carrier.link;
        if !tunnel.pool.enter(handle, core.config.max_carriers) {
            return Err(Refused::TooMany);
        }
        let counters = &carrier.link.tunnel.counters;
        counters.handshakes.add(1);
        counters.last_handshake.raise(unix_now());
        Ok(carrier)
    }

    async fn greet(&mut self) -> Result<(), Fault> {
        let Self { link, tx, rx } = self;
        tx.say(link, Kind::Ready).await?;
        loop {
            rx.readable(link).await?;
            let mut buffer = link.core.buffers.small();
            match rx.read(link, &mut buffer)? {
                Some(Batch { last: Some(Kind::Ready), bytes: 0, .. }) => return Ok(()),
                Some(_) => return Err(Fault::Protocol("it does not begin with its readiness")),
                None => {}
            }
        }
    }

    /// Runs until the carrier ends.
    pub async fn run(mut self: Box<Self>) {
        let close = self.link.handle.close.clone();
        let ended = close.run_until_cancelled(self.live()).await;
        if let Some(Err(fault)) = ended {
            self.link.tunnel.failed(&fault);
        }
    }

    async fn live(&mut self) -> Result<(), Fault> {
        match self.link.tunnel.id.side {
            Side::From => self.call().await,
            Side::To => self.serve().await,
        }
    }

    /// As the end that opens streams.
    async fn call(&mut self) -> Result<(), Fault> {
        loop {
            self.link.tunnel.pool.free(&self.link.handle);
            let Some(work) = self.idle_until_assigned().await? else { return Ok(()) };
            let reusable = match work {
                Work::Stream(stream) => self.call_stream(stream).await?,
                Work::Flow(flow) => self.call_flow(flow).await?,
            };
            if !reusable || self.is_over() {
                return Ok(());
            }
        }
    }

    /// As the end that serves them.
    async fn serve(&mut self) -> Result<(), Fault> {
        loop {
            self.link.tunnel.pool.count_idle(true);
            let opened = self.idle_until_opened().await;
            self.link.tunnel.pool.count_idle(false);
            if self.link.handle.dialled {
                self.link.tunnel.wake.notify_one();
            }
            (self.tx.ended, self.rx.ended) = (false, false);
            match opened? {
                Some(Protocol::Tcp) => self.serve_stream().await?,
                Some(Protocol::Udp) => self.serve_flow().await?,
                None => return Ok(()),
            }
        }
    }

    /// Whether no further stream is to go over it.
    fn is_over(&self) -> bool {
        self.link.core.draining.is_cancelled() || unix_now() >= self.link.handle.expires
    }

    /// None: the carrier is to end.
    async fn idle_until_assigned(&mut self) -> Result<Option<Work>, Fault> {
        let since = Instant::now();
        let mut health = Health::new(self.link.core.config.ping_every);
        let draining = self.link.core.draining.clone();
        loop {
            if let Some(work) = self.link.handle.work() {
                return Ok(Some(work));
            }
            let config = &self.link.core.config;
            let surplus =
                since.elapsed() >= config.idle_ttl && self.link.tunnel.pool.census().idle > config.min_idle;
            if (surplus || self.is_over()) && self.link.tunnel.pool.retire(&self.link.handle) {
                return Ok(None);
            }
            let wait = health.next().min(config.idle_ttl.max(MIN_WAIT));
            let event = tokio::select! {
                biased;
                () = self.link.handle.assigned.notified() => Event::Assigned,
                ready = self.rx.readable(&self.link) => { ready?; Event::Readable }
                () = draining.cancelled(), if !draining.is_cancelled() => Event::Assigned,
                () = tokio::time::sleep(wait) => Event::Time,
            };
            match event {
                Event::Assigned => {}
                Event::Readable => {
                    let Some(batch) = self.read_idle().await? else { continue };
                    health.heard();
                    if batch.last.is_some() {
                        return Err(Fault::Protocol("a frame comes where it has no place"));
                    }
                    if batch.drained && self.link.tunnel.pool.retire(&self.link.handle) {
                        return Ok(None);
                    }
                }
                Event::Time => self.check(&mut health).await?,
            }
        }
    }

    /// None: the carrier is to end.
    async fn idle_until_opened(&mut self) -> Result<Option<Protocol>, Fault> {
        let mut health = Health::new(self.link.core.config.ping_every);
        let draining = self.link.core.draining.clone();
        // Once the peer is asked to open no more, it has this long to close.
        let mut last_call: Option<Instant> = None;
        loop {
            if last_call.is_none() && self.is_over() {
                let Self { link, tx, .. } = self;
                tx.say(link, Kind::Drain).await?;
                last_call = Some(Instant::now() + self.link.core.config.open_timeout);
            }
            let wait = match last_call {
                Some(until) if until <= Instant::now() => return Ok(None),
                Some(until) => until.saturating_duration_since(Instant::now()),
                None => health.next(),
            };
            let event = tokio::select! {
                biased;
                ready = self.rx.readable(&self.link) => { ready?; Event::Readable }
                () = draining.cancelled(), if last_call.is_none() => Event::Assigned,
                () = tokio::time::sleep(wait) => Event::Time,
            };
            match event {
                Event::Assigned => {}
                Event::Readable => {
                    let batch = match self.read_idle().await {
                        Ok(Some(batch)) => batch,
                        Ok(None) => continue,
                        // An idle carrier may be closed by the end that opens streams whenever it likes.
                        Err(Fault::Carrier(e)) if e.kind() == io::ErrorKind::UnexpectedEof => {
                            return Ok(None)
                        }
                        Err(fault) => return Err(fault),
                    };
                    health.heard();
                    match batch.last {
                        Some(Kind::Open) => return Ok(Some(Protocol::Tcp)),
                        Some(Kind::OpenDatagrams) => return Ok(Some(Protocol::Udp)),
                        Some(_) => return Err(Fault::Protocol("a frame comes where it has no place")),
                        None => {}
                    }
                }
                Event::Time => self.check(&mut health).await?,
            }
        }
    }

    /// Reads on an idle carrier, and answers the peer's question whether this end is there.
    async fn read_idle(&mut self) -> Result<Option<Batch>, Fault> {
        let Self { link, tx, rx } = self;
        let mut buffer = link.core.buffers.take();
        let Some(batch) = rx.read(link, &mut buffer)? else { return Ok(None) };
        drop(buffer);
        if batch.last.is_none() && batch.bytes > 0 {
            return Err(Fault::Protocol("bytes come outside of a stream"));
        }
        if batch.pinged {
            tx.say(link, Kind::Pong).await?;
        }
        Ok(Some(batch))
    }

    /// Asks whether the peer is there, or gives it up.
    async fn check(&mut self, health: &mut Health) -> Result<(), Fault> {
        let Self { link, tx, .. } = self;
        if health.is_due()? {
            tx.say(link, Kind::Ping).await?;
        }
        Ok(())
    }

    async fn call_stream(&mut self, stream: Stream) -> Result<bool, Fault> {
        let Self { link, tx, rx } = self;
        let mut app = stream.app;
        app.enter(&link.tunnel);
        link.tunnel.counters.streams.add(1);
        (tx.ended, rx.ended) = (false, false);
        if app.move_to(link.handle.thread).is_err() {
            return Ok(true);
        }
        tx.say(link, Kind::Open).await?;
        let drained = AtomicBool::new(false);
        let until = Instant::now() + link.core.config.open_timeout;
        let result = match app.socket() {
            Ok(socket) => pump(link, tx, rx, socket, Opening::Asks(until), &drained).await,
            Err(_) => Err(Fault::App),
        };
        self.end_stream(app, result).await?;
        Ok(!drained.load(Ordering::Relaxed))
    }

    async fn serve_stream(&mut self) -> Result<(), Fault> {
        let Self { link, tx, rx } = self;
        link.tunnel.counters.streams.add(1);
        let open = Open::new(&link.core.open);
        let allowed = link.tunnel.protocol == Protocol::Tcp;
        let socket = if allowed { first_target(link, TcpStream::connect).await } else { None };
        let Some(app) = socket.and_then(|socket| App::new(socket, link.handle.thread, open).ok()) else {
            link.tunnel.counters.failed.add(1);
            link.tunnel.failed(&"no target took a stream");
            return self.settle().await;
        };
        let mut app = app;
        app.enter(&link.tunnel);
        let drained = AtomicBool::new(false);
        let result = match app.socket() {
            Ok(socket) => pump(link, tx, rx, socket, Opening::Answers, &drained).await,
            Err(_) => Err(Fault::App),
        };
        self.end_stream(app, result).await
    }

    async fn end_stream(&mut self, app: App, result: Result<(), Fault>) -> Result<(), Fault> {
        match result {
            Ok(()) => {
                app.finish();
                Ok(())
            }
            Err(fault) => {
                drop(app);
                if !fault.spares_carrier() {
                    return Err(fault);
                }
                self.settle().await
            }
        }
    }

    async fn call_flow(&mut self, flow: Arc<datagram::Flow>) -> Result<bool, Fault> {
        let Self { link, tx, rx } = self;
        link.tunnel.counters.streams.add(1);
        (tx.ended, rx.ended) = (false, false);
        let _ended = flow.ends_with_this();
        tx.say(link, Kind::OpenDatagrams).await?;
        datagram::carry(link, tx, rx, &*flow).await?;
        self.settle().await?;
        Ok(true)
    }

    async fn serve_flow(&mut self) -> Result<(), Fault> {
        let Self { link, tx, rx } = self;
        link.tunnel.counters.streams.add(1);
        let _open = Open::new(&link.core.open);
        let allowed = link.tunnel.protocol == Protocol::Udp;
        let socket = if allowed { first_target(link, datagram::connect).await } else { None };
        match socket {
            Some(socket) => datagram::carry(link, tx, rx, &socket).await?,
            None => {
                link.tunnel.counters.failed.add(1);
                link.tunnel.failed(&"no target for a flow");
            }
        }
        self.settle().await
    }

    /// Brings a carrier whose stream was broken off to where it can take the next: both ends have said their last, and
    /// what was on its way is thrown away.
    async fn settle(&mut self) -> Result<(), Fault> {
        let Self { link, tx, rx } = self;
        let limit = link.core.config.open_timeout;
        let settling = async {
            if tx.ended && !rx.ended {
                // Nothing is left by which the peer could be told.
                return Err(Fault::Protocol("a stream broke off after its end"));
            }
            tx.flush(link).await?;
            if !tx.ended {
                tx.finish(link, Kind::Reset).await?;
            }
            while !rx.ended {
                rx.readable(link).await?;
                let mut buffer = link.core.buffers.take();
                match rx.read(link, &mut buffer)?.and_then(|batch| batch.last) {
                    Some(Kind::End | Kind::Reset) => rx.ended = true,
                    Some(_) => return Err(Fault::Protocol("a frame comes where it has no place")),
                    None => {}
                }
            }
            Ok(())
        };
        timeout(limit, settling).await.unwrap_or(Err(Fault::Timeout))
    }
}

/// The first of the targets that takes a connection.
async fn first_target<T, F: Future<Output = io::Result<T>>>(
    link: &Link,
    connect: impl Fn(SocketAddr) -> F,
) -> Option<T> {
    for target in link.core.host.targets(&link.tunnel.id) {
        match timeout(link.core.config.target_timeout, connect(target)).await {
            Ok(Ok(socket)) => return Some(socket),
            Ok(Err(_)) | Err(_) => link.core.host.unreachable(&link.tunnel.id, target),
        }
    }
    None
}

enum Event {
    Assigned,
    Readable,
    Time,
}

const MIN_WAIT: Duration = Duration::from_millis(1);
/// Questions without an answer after which a peer is given up.
const UNANSWERED: u32 = 3;

/// Whether the far end of an idle carrier is there.
struct Health {
    every: Duration,
    heard: Instant,
    asked: u32,
}

impl Health {
    fn new(every: Duration) -> Self {
        Self { every: every.max(MIN_WAIT), heard: Instant::now(), asked: 0 }
    }

    fn heard(&mut self) {
        (self.heard, self.asked) = (Instant::now(), 0);
    }

    /// How long until something is due.
    fn next(&self) -> Duration {
        (self.every * (self.asked + 1)).saturating_sub(self.heard.elapsed()).max(MIN_WAIT)
    }

    /// Whether to ask now. An error: it was asked often enough.
    fn is_due(&mut self) -> Result<bool, Fault> {
        if self.heard.elapsed() < self.every * (self.asked + 1) {
            return Ok(false);
        }
        if self.asked >= UNANSWERED {
            return Err(Fault::Timeout);
        }
        self.asked += 1;
        Ok(true)
    }
}
