//! One process of the measurement. It says `ready` with its port, waits for a line that says with whom, works, says
//! `done`, and at the end of its input how much memory it took and how much it sent.

use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::task::{Context, Poll};

use ::exchange::{Config, Exchange, Host, Item, Participant, Participants, Progress, ALPN};
use anyhow::{bail, Context as _};
use async_trait::async_trait;
use bytes::Bytes;
use clap::ValueEnum;
use content::{ContentRef, Store};
use identity::{
    Acceptor, Connector, Endpoint, Fingerprint, Identity, Presented, Role, Root, RootStatus, Roots,
    DEFAULT_ROOT_VALIDITY,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

const CHAIN: &str = "bench-1";
const DEPLOYMENT: u64 = 1;
const PLAIN: &[u8] = b"plain/1";
const BLOCK_BYTES: usize = 256 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Has the content and gives it out
    Seed,
    /// Gets the content, from all others
    Peer,
    /// Sends the file to whoever connects
    Server,
    /// Reads the file from the server
    Client,
}

#[derive(clap::Args)]
pub struct Arguments {
    what: What,
    #[arg(long)]
    number: u16,
    #[arg(long)]
    dir: PathBuf,
    /// What a seed or server has
    #[arg(long)]
    file: Option<PathBuf>,
}

fn account(number: u16) -> String {
    format!("wasm1bench{number:03}0000000000000000000000000000")
}

/// Whoever connects here was started by the measurement.
struct Everybody;

#[async_trait]
impl Roots for Everybody {
    async fn root(&self, _: &str, _: &Fingerprint) -> Result<RootStatus, identity::Unknown> {
        Ok(RootStatus::Active)
    }
}

/// The participants as the measurement names them.
struct Table(watch::Receiver<Participants>);

#[async_trait]
impl Host for Table {
    async fn participants(&self, _: u64) -> Result<Participants, ::exchange::Unknown> {
        Ok(self.0.borrow().clone())
    }

    async fn manifest(&self, _: u64, _: &[u8; 32]) -> Option<Bytes> {
        None
    }

    async fn carries(&self, _: u64, _: &ContentRef) -> bool {
        true
    }
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

async fn hear() -> anyhow::Result<Option<String>> {
    let read = || {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|bytes| (bytes > 0).then_some(line))
    };
    Ok(tokio::task::spawn_blocking(read).await??)
}

/// The most memory that this process ever had, in bytes.
fn peak_memory() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("no VmHWM")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib * 1024)
}

pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let root = Root::generate(&account(arguments.number), DEFAULT_ROOT_VALIDITY)?;
    let identity = Arc::new(Identity::new(root, CHAIN, Role::Provider)?);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    let sent = Arc::new(AtomicU64::new(0));
    match arguments.what {
        What::Seed | What::Peer => swarm(&arguments, identity, listener, port, &sent).await?,
        What::Server => {
            let file = arguments.file.clone().context("a server needs --file")?;
            let acceptor = Acceptor::new(identity, &Role::ALL, &[PLAIN])?;
            tokio::spawn(serve_plain(listener, Arc::new(acceptor), file, sent.clone()));
            say(&format!("ready {port}"))?;
        }
        What::Client => {
            say("ready 0")?;
            let line = hear().await?.context("a client is told a port")?;
            download(identity, line.trim().parse()?, &arguments.dir.join("file")).await?;
            say("done")?;
        }
    }
    while hear().await?.is_some() {}
    say(&format!("figures {} {}", peak_memory()?, sent.load(Ordering::Relaxed)))
}

async fn swarm(
    arguments: &Arguments,
    identity: Arc<Identity>,
    listener: TcpListener,
    port: u16,
    sent: &Arc<AtomicU64>,
) -> anyhow::Result<()> {
    let (participants, table) = watch::channel(Participants::new());
    let store = Arc::new(Store::open(arguments.dir.join("store"))?);
    let host = Arc::new(Table(table));
    let exchange =
        Exchange::new(Config::default(), identity.clone(), Arc::new(Everybody), host, store.clone());
    let mut ready = format!("ready {port}");
    if let Some(file) = &arguments.file {
        let content = store.import(&mut std::fs::File::open(file)?)?;
        ready.push_str(&format!(" {} {}", content.id, content.size));
    }
    let acceptor = Arc::new(Acceptor::new(identity, &Role::ALL, &[ALPN])?);
    tokio::spawn(serve(listener, acceptor, exchange.clone(), sent.clone()));
    say(&ready)?;
    let line = hear().await?.context("a peer is told with whom")?;
    let mut words = line.split_whitespace();
    let (id, size) = (words.next().context("an id")?, words.next().context("a size")?);
    let content = ContentRef { id: id.parse().map_err(anyhow::Error::msg)?, size: size.parse()? };
    let everybody: anyhow::Result<Participants> = words
        .enumerate()
        .map(|(number, port)| {
            let endpoint = Endpoint { host: "127.0.0.1".to_owned(), port: port.parse()? };
            let account = account(u16::try_from(number)?);
            Ok(Participant { account, role: Role::Provider, endpoints: vec![endpoint] })
        })
        .collect();
    participants.send_replace(everybody?);
    if arguments.what == What::Peer {
        let progress = watch::Sender::new(Progress::default());
        exchange.fetch(DEPLOYMENT, Item::Content(content), &progress).await?;
        if !progress.borrow().bad.is_empty() {
            bail!("peers are not asked again: {:?}", progress.borrow().bad);
        }
    }
    // The table has to live as long as others ask.
    tokio::spawn(async move { participants.closed().await });
    say("done")
}

async fn serve(
    listener: TcpListener,
    acceptor: Arc<Acceptor>,
    exchange: Arc<Exchange>,
    sent: Arc<AtomicU64>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, exchange, sent) = (acceptor.clone(), exchange.clone(), sent.clone());
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            if let Ok((stream, Presented::Sound(claim))) = acceptor.accept(Counted { stream, sent }).await {
                exchange.serve(stream, claim, CancellationToken::new()).await;
            }
        });
    }
}

async fn serve_plain(listener: TcpListener, acceptor: Arc<Acceptor>, file: PathBuf, sent: Arc<AtomicU64>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, file, sent) = (acceptor.clone(), file.clone(), sent.clone());
        tokio::spawn(async move {
            if let Ok((mut stream, _)) = acceptor.accept(Counted { stream, sent }).await {
                // A copy that breaks off is seen by who wants it.
                let _ = send(&mut stream, &file).await;
            }
        });
    }
}

async fn send(stream: &mut (impl AsyncWrite + Unpin), file: &Path) -> anyhow::Result<()> {
    let mut file = tokio::fs::File::open(file).await?;
    file.set_max_buf_size(BLOCK_BYTES);
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        match file.read(&mut block).await? {
            0 => break,
            read => stream.write_all(&block[..read]).await?,
        }
    }
    Ok(stream.shutdown().await?)
}

async fn download(identity: Arc<Identity>, port: u16, to: &Path) -> anyhow::Result<()> {
    let endpoint = Endpoint { host: "127.0.0.1".to_owned(), port };
    let connector = Connector::new(identity, &[PLAIN]);
    let connection = connector.connect(&endpoint, &account(0), Role::Provider, &Everybody).await?;
    let mut stream = connection.stream;
    let mut file = tokio::fs::File::create(to).await?;
    file.set_max_buf_size(BLOCK_BYTES);
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let mut filled = 0;
        while filled < block.len() {
            match stream.read(&mut block[filled..]).await? {
                0 => break,
                read => filled += read,
            }
        }
        if filled == 0 {
            break;
        }
        file.write_all(&block[..filled]).await?;
    }
    Ok(file.flush().await?)
}

/// Counts what goes out, as the network carries it.
struct Counted {
    stream: TcpStream,
    sent: Arc<AtomicU64>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, buffer);
        if let Poll::Ready(Ok(bytes)) = written {
            self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
