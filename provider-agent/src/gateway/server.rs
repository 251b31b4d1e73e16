//! Accepts connections, within limits that hold before anything is known of the peer.

use ::exchange::Exchange;
use ::overlay::{Hello, HelloError, Overlay, Rewound};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use identity::{AcceptError, Acceptor, Identity, PerKey, Place, Presented, Role, RootError, Roots};
use socket2::{SockRef, TcpKeepalive};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use std::{io, pin::pin};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::backend::GatewayBackend;
use super::config::GatewayConfig;
use super::connection::IdleLimited;
use super::peer::Caller;
use super::problem::from_verify;
use super::routes::{refusing, router, Shared};
use crate::runtime::Runtime;

/// Largest request head, in bytes; a shell's command stands in it.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// After an accept that failed, as when file descriptors are used up.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// When an idle connection is first asked whether its peer is still there.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error("the gateway cannot listen on {address}: {source}; choose another address in gateway.listen")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("the gateway cannot present its certificate: {0}")]
    Identity(#[from] RootError),
}

/// A connection after its handshake, and who the peer says it is.
type Shaken = (TlsStream<IdleLimited<Rewound<TcpStream>>>, Presented);

#[derive(Debug, thiserror::Error)]
enum ShakeError {
    #[error(transparent)]
    Hello(#[from] HelloError),
    #[error(transparent)]
    Accept(#[from] AcceptError),
}

/// The gateway, listening and ready to be run.
pub struct Gateway {
    listener: TcpListener,
    acceptor: Acceptor,
    identity: Arc<Identity>,
    roots: Arc<dyn Roots>,
    shared: Shared,
    exchange: Option<Arc<Exchange>>,
    overlay: Option<Arc<Overlay>>,
    config: GatewayConfig,
}

impl Gateway {
    /// Binds the address. Nothing is accepted before [`Gateway::run`].
    pub async fn bind(
        address: SocketAddr,
        config: GatewayConfig,
        identity: Arc<Identity>,
        roots: Arc<dyn Roots>,
        backend: Arc<dyn GatewayBackend>,
        runtime: Arc<dyn Runtime>,
    ) -> Result<Self, GatewayError> {
        // Providers ask each other for quotes, and later for content; they are clients as well.
        let acceptor = Acceptor::new(identity.clone(), &Role::ALL, &[gateway_api::ALPN])?;
        let listener =
            TcpListener::bind(address).await.map_err(|source| GatewayError::Listen { address, source })?;
        let shared = Shared {
            backend,
            runtime,
            requests: PerKey::new(config.max_requests_per_account),
            body_timeout: config.body_timeout,
        };
        Ok(Self { listener, acceptor, identity, roots, shared, exchange: None, overlay: None, config })
    }

    /// Answers other participants of deployments on the same port as well.
    pub fn with_exchange(mut self, exchange: Arc<Exchange>) -> Result<Self, GatewayError> {
        let protocols = [gateway_api::ALPN, ::exchange::ALPN];
        self.acceptor = Acceptor::new(self.identity.clone(), &Role::ALL, &protocols)?;
        self.exchange = Some(exchange);
        Ok(self)
    }

    /// Takes carriers of tunnels on the same port as well.
    pub fn with_overlay(mut self, overlay: Arc<Overlay>) -> Self {
        self.overlay = Some(overlay);
        self
    }

    /// Where it listens, with the port that was chosen when 0 was asked for.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop`, then lets requests under way end within the drain time.
    pub async fn run(self, stop: CancellationToken) {
        let places = Arc::new(Semaphore::new(self.config.max_connections));
        let per_ip = PerKey::new(self.config.max_connections_per_ip);
        let connections = TaskTracker::new();
        // Ends what has not ended by itself when the drain time is over.
        let abandon = CancellationToken::new();
        let gateway = Arc::new(self);
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = gateway.listener.accept() => accepted,
            };
            let (stream, address) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "gateway: accepting a connection failed");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            // Over the limit a connection is closed before anything is read, and costs nothing more.
            let Ok(place) = places.clone().try_acquire_owned() else { continue };
            let Some(ip_place) = per_ip.take(address.ip()) else { continue };
            let (gateway, stop, abandon) = (gateway.clone(), stop.clone(), abandon.clone());
            connections.spawn(async move {
                tokio::select! {
                    () = abandon.cancelled() => {}
                    () = gateway.serve(stream, address, stop, (place, ip_place)) => {}
                }
            });
        }
        connections.close();
        if tokio::time::timeout(gateway.config.drain_timeout, connections.wait()).await.is_err() {
            tracing::warn!(open = connections.len(), "gateway: connections are cut after the drain time");
            abandon.cancel();
            connections.wait().await;
        }
    }

    async fn serve(
        &self,
        stream: TcpStream,
        address: SocketAddr,
        stop: CancellationToken,
        _places: (OwnedSemaphorePermit, Place<IpAddr>),
    ) {
        if let Err(error) = self.tune(&stream) {
            tracing::debug!(%address, %error, "gateway: connection is gone");
            return;
        }
        let handshake = tokio::time::timeout(self.config.handshake_timeout, self.shake(stream, address));
        let (stream, presented) = match handshake.await {
            Ok(Ok(Some(accepted))) => accepted,
            Ok(Ok(None)) => return,
            Ok(Err(error)) => {
                tracing::info!(%address, %error, "gateway: peer refused in the handshake");
                return;
            }
            Err(_) => {
                tracing::info!(%address, "gateway: handshake not complete in time");
                return;
            }
        };
        if stream.get_ref().1.alpn_protocol() == Some(::exchange::ALPN) {
            if let (Some(exchange), Presented::Sound(claim)) = (&self.exchange, presented) {
                exchange.serve(stream, claim, stop).await;
            }
            return;
        }
        let service = match presented {
            Presented::Sound(claim) => {
                let caller = Caller {
                    claim,
                    roots: self.roots.clone(),
                    stopping: stop.clone(),
                    recheck: self.config.recheck_interval,
                };
                router(self.shared.clone(), caller)
            }
            Presented::Refused(error) => {
                tracing::info!(%address, %error, "gateway: peer refused");
                refusing(from_verify(&error))
            }
        };
        let connection = hyper::server::conn::http1::Builder::new()
            // Without a timer the header timeout is silently off.
            .timer(TokioTimer::new())
            .header_read_timeout(self.config.header_timeout)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
            .with_upgrades();
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%address, %error, "gateway: connection broke off");
        }
    }

    /// None when the overlay has taken the connection over, or refused it.
    async fn shake(&self, mut stream: TcpStream, address: SocketAddr) -> Result<Option<Shaken>, ShakeError> {
        let hello = Hello::read(&mut stream).await?;
        if let (true, Some(overlay)) = (hello.is_tunnel(), &self.overlay) {
            if let Err(error) = overlay.accept(stream, hello, address) {
                tracing::debug!(%address, %error, "gateway: carrier refused");
            }
            return Ok(None);
        }
        let stream = IdleLimited::new(hello.rewind(stream), self.config.idle_timeout);
        Ok(Some(self.acceptor.accept(stream).await?))
    }

    fn tune(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let socket = SockRef::from(stream);
        socket.set_tcp_keepalive(
            &TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_EVERY).with_retries(3),
        )?;
        // What is sent to a peer that vanished would otherwise be repeated for a quarter of an hour.
        socket.set_tcp_user_timeout(Some(self.config.idle_timeout))
    }
}
