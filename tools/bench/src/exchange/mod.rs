//! Content from one seed to several peers, each a process of its own on this machine, against a plain copy over one
//! TLS connection, as many plain downloads at once, and BitTorrent.

mod node;
mod torrent;

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{bail, Context};
use sha2::{Digest, Sha256};

use crate::report::{conclude, print, rounded, Row};

pub use node::{run as run_node, Arguments as NodeArguments};

const MIB: f64 = 1024.0 * 1024.0;
/// How much longer than the machine's own time for so many copies it may take.
const FACTOR: f64 = 1.5;
const MEMORY_BAR_MIB: f64 = 64.0;
/// Copies that the seed may send.
const SENT_BAR: f64 = 1.5;
/// The longest that one way of copying may take.
const LIMIT: Duration = Duration::from_secs(1800);

#[derive(clap::Args)]
pub struct Arguments {
    /// MiB
    #[arg(long, default_value_t = 1024)]
    size: u64,
    #[arg(long, default_value_t = 8)]
    peers: u16,
    /// Where the copies lie while it runs: needs room for one more than there are peers, twice over
    #[arg(long)]
    dir: PathBuf,
    /// Where to write the figures
    #[arg(long)]
    out: PathBuf,
}

/// A process of the measurement.
struct Node {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    dir: PathBuf,
}

struct Figures {
    memory: f64,
    sent: f64,
}

impl Node {
    fn start(what: &str, number: u16, dir: &Path, file: Option<&Path>) -> anyhow::Result<Self> {
        let dir = dir.join(format!("{what}{number}"));
        std::fs::create_dir_all(&dir)?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["exchange-node", what, "--number", &number.to_string(), "--dir"]).arg(&dir);
        if let Some(file) = file {
            command.arg("--file").arg(file);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take().context("a pipe")?);
        Ok(Self { child, input, output: BufReader::new(output), dir })
    }

    fn tell(&mut self, line: &str) -> anyhow::Result<()> {
        let input = self.input.as_mut().context("it was told to end")?;
        writeln!(input, "{line}")?;
        Ok(input.flush()?)
    }

    /// The rest of the line that begins with this word.
    fn hear(&mut self, word: &str) -> anyhow::Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let rest = line.trim().strip_prefix(word);
        Ok(rest.with_context(|| format!("a process said {line:?} instead of {word}"))?.trim().to_owned())
    }

    fn end(mut self) -> anyhow::Result<Figures> {
        drop(self.input.take());
        let text = self.hear("figures")?;
        let mut numbers = text.split(' ').map(str::parse::<f64>);
        let mut next = || numbers.next().context("two numbers")?.context("a number");
        let figures = Figures { memory: next()?, sent: next()? };
        self.child.wait()?;
        Ok(figures)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Also when the measurement fails; one that has ended cannot be ended twice.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn hash(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut hasher = Sha256::new();
    std::io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok(hasher.finalize().to_vec())
}

/// Bytes that no compression and no sparse file makes less of.
fn make_file(path: &Path, mib: u64) -> anyhow::Result<()> {
    let mut random = File::open("/dev/urandom")?;
    let mut file = File::create(path)?;
    std::io::copy(&mut std::io::Read::take(&mut random, mib << 20), &mut file)?;
    Ok(file.sync_all()?)
}

/// So many downloads at once from one server, and how long the last one took.
fn plain(arguments: &Arguments, file: &Path, wanted: &[u8], clients: u16) -> anyhow::Result<Duration> {
    let dir = tempfile::tempdir_in(&arguments.dir)?;
    let mut server = Node::start("server", 0, dir.path(), Some(file))?;
    let port = server.hear("ready")?;
    let mut nodes = Vec::new();
    for number in 1..=clients {
        let mut node = Node::start("client", number, dir.path(), None)?;
        node.hear("ready")?;
        nodes.push(node);
    }
    let begin = Instant::now();
    for node in &mut nodes {
        node.tell(&port)?;
    }
    for node in &mut nodes {
        node.hear("done")?;
    }
    let took = begin.elapsed();
    for node in nodes {
        if hash(&node.dir.join("file"))? != wanted {
            bail!("a plain download brought other bytes");
        }
        node.end()?;
    }
    server.end()?;
    Ok(took)
}

struct Swarm {
    took: Duration,
    /// Of the largest process.
    memory: f64,
    sent_by_seed: f64,
}

fn swarm(arguments: &Arguments, file: &Path, wanted: &[u8]) -> anyhow::Result<Swarm> {
    let dir = tempfile::tempdir_in(&arguments.dir)?;
    let mut seed = Node::start("seed", 0, dir.path(), Some(file))?;
    let ready = seed.hear("ready")?;
    let (port, content) = ready.split_once(' ').context("port and content")?;
    let mut ports = vec![port.to_owned()];
    let mut peers = Vec::new();
    for number in 1..=arguments.peers {
        let mut peer = Node::start("peer", number, dir.path(), None)?;
        ports.push(peer.hear("ready")?);
        peers.push(peer);
    }
    let told = format!("{content} {}", ports.join(" "));
    let begin = Instant::now();
    seed.tell(&told)?;
    // It has everything from the start.
    seed.hear("done")?;
    for peer in &mut peers {
        peer.tell(&told)?;
    }
    for peer in &mut peers {
        peer.hear("done")?;
    }
    let took = begin.elapsed();
    let id = content.split(' ').next().unwrap_or_default();
    let mut memory: f64 = 0.0;
    for peer in peers {
        if hash(&peer.dir.join("store/whole").join(id).join("data"))? != wanted {
            bail!("the exchange brought other bytes");
        }
        memory = memory.max(peer.end()?.memory);
    }
    let seed = seed.end()?;
    Ok(Swarm { took, memory: memory.max(seed.memory), sent_by_seed: seed.sent })
}

/// Ends its processes however the measurement ends.
struct Children(Vec<Child>);

impl Drop for Children {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn bittorrent(arguments: &Arguments, file: &Path, wanted: &[u8]) -> anyhow::Result<Duration> {
    let dir = tempfile::tempdir_in(&arguments.dir)?;
    let torrent = dir.path().join("file.torrent");
    torrent::write_torrent(file, torrent::tracker()?, &torrent)?;
    let seed = dir.path().join("seed");
    std::fs::create_dir_all(&seed)?;
    std::fs::hard_link(file, torrent::file_in(&seed))?;
    // Below the ports that the system gives to outgoing connections.
    let first_port = 26_900;
    let mut children = Children(vec![torrent::aria2(&torrent, &seed, first_port, true)?]);
    let dirs: Vec<PathBuf> = (1..=arguments.peers).map(|n| dir.path().join(format!("peer{n}"))).collect();
    let begin = Instant::now();
    for (dir, port) in dirs.iter().zip(first_port + 1..) {
        children.0.push(torrent::aria2(&torrent, dir, port, false)?);
    }
    while dirs.iter().any(|dir| torrent::unfinished(dir)) {
        if begin.elapsed() > LIMIT {
            bail!("aria2 is not done after {LIMIT:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let took = begin.elapsed();
    for dir in &dirs {
        if hash(&torrent::file_in(dir))? != wanted {
            bail!("aria2 brought other bytes");
        }
    }
    Ok(took)
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    std::fs::create_dir_all(&arguments.dir)?;
    let work = tempfile::tempdir_in(&arguments.dir)?;
    let file = work.path().join("file");
    make_file(&file, arguments.size)?;
    let wanted = hash(&file)?;
    let bytes = (arguments.size << 20) as f64;
    let peers = f64::from(arguments.peers);

    let one = plain(arguments, &file, &wanted, 1)?.as_secs_f64();
    let swarm = swarm(arguments, &file, &wanted)?;
    let many = plain(arguments, &file, &wanted, arguments.peers)?.as_secs_f64();
    let torrent = bittorrent(arguments, &file, &wanted)?.as_secs_f64();

    // Every copy is encrypted, decrypted and written by this one machine, whoever sends it.
    let bound = one * peers;
    let took = swarm.took.as_secs_f64();
    let size = format!("{} MiB to {} peers", arguments.size, arguments.peers);
    let seconds =
        |name: String, value: f64, bar: Option<f64>| Row::new(name, rounded(value), "s", bar.map(rounded));
    let rows = [
        seconds("one plain copy over TLS".to_owned(), one, None),
        seconds(format!("bound: {} plain copies one after the other", arguments.peers), bound, None),
        seconds(format!("exchange: {size}"), took, Some(FACTOR * bound)),
        Row::new("exchange: part of the bound", rounded(took / bound), "x", Some(FACTOR)),
        Row::new(
            "exchange: memory of the largest process",
            rounded(swarm.memory / MIB),
            "MiB",
            Some(MEMORY_BAR_MIB),
        ),
        Row::new(
            "exchange: copies sent by the seed",
            rounded(swarm.sent_by_seed / bytes),
            "x",
            Some(SENT_BAR),
        ),
        seconds(format!("plain downloads at once from the seed: {size}"), many, None),
        seconds(format!("aria2 by BitTorrent, encrypted: {size}"), torrent, None),
        Row::new("exchange against plain downloads", rounded(took / many), "x", None),
        Row::new("exchange against aria2", rounded(took / torrent), "x", None),
    ];
    print(&rows);
    conclude(&arguments.out, &rows)
}
