//! One end of a tunnel as a program of its own: the production code with roots from files in place of the chain.
//!
//!     ends roots DIR                                        makes DIR/from and DIR/to
//!     ends from DIR --listen ADDRESS --dial ADDRESS         the end whose workloads call
//!     ends to DIR --gateway ADDRESS --target ADDRESS        the end whose workload is called
//!
//! A root is trusted if it is one of the two in DIR.

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use identity::{
    Endpoint, Fingerprint, Identity, Role, Root, RootStatus, Roots, Side, Unknown, DEFAULT_ROOT_VALIDITY,
};
use overlay::{Config, Hello, Host, Overlay, TunnelId, TunnelSpec, Way};
use tokio::net::TcpListener;

const CONNECTION: &str = "load.target.1.tcp";
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

struct Published([(String, Fingerprint); 2]);

#[async_trait]
impl Roots for Published {
    async fn root(&self, account: &str, fingerprint: &Fingerprint) -> Result<RootStatus, Unknown> {
        let known = self.0.iter().any(|(owner, root)| owner == account && root == fingerprint);
        Ok(if known { RootStatus::Active } else { RootStatus::NotPublished })
    }
}

struct Target(Option<SocketAddr>);

impl Host for Target {
    fn targets(&self, _tunnel: &TunnelId) -> Vec<SocketAddr> {
        self.0.into_iter().collect()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [command, dir, options @ ..] = arguments.as_slice() else {
        return Err("usage: ends roots|from|to DIR [options]; see the top of this file".into());
    };
    let option = |name: &str| -> Result<SocketAddr, Box<dyn Error>> {
        let at = options.iter().position(|given| given == name).ok_or(format!("{name} is missing"))?;
        Ok(options.get(at + 1).ok_or(format!("{name} has no value"))?.parse()?)
    };
    let dir = Path::new(dir);
    if command == "roots" {
        Root::generate("wasm1from000000", DEFAULT_ROOT_VALIDITY)?.save(&dir.join("from"))?;
        Root::generate("wasm1to00000000", DEFAULT_ROOT_VALIDITY)?.save(&dir.join("to"))?;
        return Ok(());
    }
    let side: Side = command.parse().map_err(|()| format!("{command:?} is none of roots, from, to"))?;
    let (from, to) = (Root::load(&dir.join("from"))?, Root::load(&dir.join("to"))?);
    let published = Published([&from, &to].map(|root| (root.account().to_owned(), root.fingerprint())));
    let (own, peer) = if side == Side::From { (from, to) } else { (to, from) };
    let identity = Arc::new(Identity::new(own, "akash-bench", Role::Provider)?);
    let target = Target(if side == Side::To { Some(option("--target")?) } else { None });
    // Both ends of every connection are on this machine, so nobody else is kept out by many handshakes at once.
    let config = Config { min_idle: 16, ..Config::default() };
    let overlay = Arc::new(Overlay::start(config, identity, Arc::new(published), Arc::new(target))?);
    let id =
        TunnelId { deployment: 1, connection: CONNECTION.to_owned(), side, peer: peer.account().to_owned() };
    let spec = TunnelSpec { id: id.clone(), endpoints: Vec::new(), secret: [1; 32] };
    if side == Side::From {
        let peer = option("--dial")?;
        let endpoints = vec![Endpoint { host: peer.ip().to_string(), port: peer.port() }];
        overlay.set(vec![TunnelSpec { endpoints, ..spec.clone() }]);
        let _listening =
            overlay.listen_tcp(option("--listen")?, Arc::new(move |_| vec![Way::Tunnel(id.clone())]))?;
        std::future::pending::<()>().await;
    }
    overlay.set(vec![spec]);
    let gateway = TcpListener::bind(option("--gateway")?).await?;
    loop {
        let (mut stream, from) = gateway.accept().await?;
        let overlay = overlay.clone();
        tokio::spawn(async move {
            if let Ok(Ok(hello)) = tokio::time::timeout(HELLO_TIMEOUT, Hello::read(&mut stream)).await {
                let _ = overlay.accept(stream, hello, from);
            }
        });
    }
}
