//! The same file by BitTorrent: a torrent, a tracker, and aria2 for every peer.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use sha1::{Digest, Sha1};

/// As large as a chunk of the exchange.
const PIECE_BYTES: usize = 256 * 1024;
const NAME: &str = "file";
/// Beside the file once it is complete.
const DONE: &str = "complete";

/// Writes the torrent of a file.
pub fn write_torrent(file: &Path, tracker: u16, to: &Path) -> anyhow::Result<()> {
    let mut file = File::open(file)?;
    let size = file.metadata()?.len();
    let mut pieces = Vec::new();
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    loop {
        piece.clear();
        (&mut file).take(PIECE_BYTES as u64).read_to_end(&mut piece)?;
        if piece.is_empty() {
            break;
        }
        pieces.extend_from_slice(&Sha1::digest(&piece));
    }
    let announce = format!("http://127.0.0.1:{tracker}/announce");
    let mut torrent = Vec::new();
    write!(torrent, "d8:announce{}:{announce}4:infod", announce.len())?;
    write!(torrent, "6:lengthi{size}e4:name{}:{NAME}12:piece lengthi{PIECE_BYTES}e", NAME.len())?;
    write!(torrent, "6:pieces{}:", pieces.len())?;
    torrent.extend_from_slice(&pieces);
    torrent.extend_from_slice(b"ee");
    Ok(std::fs::write(to, torrent)?)
}

/// Tells every peer of all others. Ends with the process.
pub fn tracker() -> anyhow::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let peers: Arc<Mutex<Vec<u16>>> = Arc::default();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A peer that breaks off asks again.
            let _ = answer(stream, &peers);
        }
    });
    Ok(port)
}

fn answer(mut stream: TcpStream, peers: &Mutex<Vec<u16>>) -> anyhow::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    let mut head = Vec::new();
    let mut block = [0; 1024];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < 16 * 1024 {
        match stream.read(&mut block)? {
            0 => break,
            read => head.extend_from_slice(&block[..read]),
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let port = head.split(['?', '&', ' ']).find_map(|part| part.strip_prefix("port="));
    let port: u16 = port.and_then(|port| port.parse().ok()).context("a peer names its port")?;
    let known = {
        let mut peers = peers.lock().unwrap_or_else(PoisonError::into_inner);
        if !peers.contains(&port) {
            peers.push(port);
        }
        peers.clone()
    };
    let mut body = format!("d8:intervali1e12:min intervali1e5:peers{}:", known.len() * 6).into_bytes();
    for port in known {
        body.extend_from_slice(&[127, 0, 0, 1]);
        body.extend_from_slice(&port.to_be_bytes());
    }
    body.push(b'e');
    let mut answer = String::new();
    write!(answer, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(answer.as_bytes())?;
    Ok(stream.write_all(&body)?)
}

/// One aria2, which ends by itself when `seeds` is not set and it has everything.
pub fn aria2(torrent: &Path, dir: &Path, port: u16, seeds: bool) -> anyhow::Result<Child> {
    std::fs::create_dir_all(dir)?;
    let port = port.to_string();
    let mut command = Command::new("aria2c");
    command
        .args(["--quiet=true", "--enable-dht=false", "--enable-dht6=false", "--bt-enable-lpd=false"])
        .args(["--enable-peer-exchange=false", "--file-allocation=none", "--bt-tracker-interval=1"])
        .args(["--bt-max-peers=16", "--bt-require-crypto=true", "--bt-min-crypto-level=arc4"])
        .args(["--seed-ratio=0.0", "--allow-overwrite=true", "--listen-port", &port])
        .arg("--dir")
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    if seeds {
        command.args(["--check-integrity=true", "--bt-seed-unverified=true"]);
    }
    // It goes on giving when it has everything, and says so only to a program that it starts with the file's path.
    let hook = dir.join("on-complete");
    std::fs::write(&hook, format!("#!/bin/sh\n: >\"${{3%/*}}/{DONE}\"\n"))?;
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o700))?;
    command.arg("--on-bt-download-complete").arg(&hook).arg(torrent);
    command.spawn().context("aria2c cannot be started: install aria2 (apt-get install aria2)")
}

/// Where aria2 puts the file.
pub fn file_in(dir: &Path) -> std::path::PathBuf {
    dir.join(NAME)
}

pub fn unfinished(dir: &Path) -> bool {
    !dir.join(DONE).exists()
}
