//! The load, and the target that it goes to.
//!
//! The first byte on a connection says what it is for: `E` echo, `S` swallow and answer the count at the end,
//! `H` answer the digest of all bytes after the half-close.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub type Figures = BTreeMap<&'static str, f64>;

/// How long each measurement lasts.
const SPAN: Duration = Duration::from_millis(1500);
const IDLE: usize = 1000;
const LIMIT: Duration = Duration::from_secs(60);

/// A target on a port of its own, on threads of its own.
pub fn target() -> io::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    listener.set_nonblocking(true)?;
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async move {
            let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                tokio::spawn(async move {
                    let _ = serve(stream).await;
                });
            }
        });
    });
    Ok(address)
}

async fn serve(mut stream: tokio::net::TcpStream) -> io::Result<()> {
    match stream.read_u8().await? {
        b'E' => {
            let mut room = [0; 4096];
            loop {
                let count = stream.read(&mut room).await?;
                if count == 0 {
                    break;
                }
                stream.write_all(&room[..count]).await?;
            }
        }
        b'S' => {
            let mut room = vec![0; 1 << 18];
            let mut total = 0_u64;
            loop {
                let count = stream.read(&mut room).await?;
                if count == 0 {
                    break;
                }
                total += count as u64;
            }
            stream.write_all(&total.to_be_bytes()).await?;
        }
        _ => {
            let mut room = vec![0; 1 << 16];
            let mut digest = Sha256::new();
            loop {
                let count = stream.read(&mut room).await?;
                if count == 0 {
                    break;
                }
                digest.update(&room[..count]);
            }
            stream.write_all(&digest.finalize()).await?;
        }
    }
    stream.shutdown().await
}

fn connect(address: SocketAddr, kind: u8) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LIMIT))?;
    stream.set_write_timeout(Some(LIMIT))?;
    stream.write_all(&[kind])?;
    Ok(stream)
}

/// 1 if 8 MiB arrive as they were sent, the answer to their half-close comes back, and then the end.
pub async fn check(address: SocketAddr) -> io::Result<f64> {
    let bytes: Vec<u8> = (0..8_u32 << 20).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    let checking = async {
        stream.write_all(b"H").await?;
        stream.write_all(&bytes).await?;
        stream.shutdown().await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(f64::from(u8::from(answer == Sha256::digest(&bytes).to_vec())))
    };
    tokio::time::timeout(LIMIT, checking).await.unwrap_or(Ok(0.0))
}

/// Connections that have had one echo and are quiet now.
pub async fn idle(address: SocketAddr) -> io::Result<Vec<tokio::net::TcpStream>> {
    let mut open = Vec::with_capacity(IDLE);
    for _ in 0..IDLE {
        let mut stream = tokio::net::TcpStream::connect(address).await?;
        stream.write_all(b"Ex").await?;
        let answer = tokio::time::timeout(LIMIT, stream.read_u8()).await;
        answer.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        open.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(open)
}

/// Bytes that the target has confirmed, and the seconds that they took.
pub fn bulk(address: SocketAddr, streams: usize) -> io::Result<(u64, f64)> {
    let begun = Instant::now();
    let results: Vec<io::Result<u64>> = thread::scope(|scope| {
        let tasks: Vec<_> = (0..streams)
            .map(|_| {
                scope.spawn(|| {
                    let mut stream = connect(address, b'S')?;
                    let bytes = vec![1; 1 << 18];
                    while begun.elapsed() < SPAN {
                        stream.write_all(&bytes)?;
                    }
                    stream.shutdown(Shutdown::Write)?;
                    let mut total = [0; 8];
                    stream.read_exact(&mut total)?;
                    Ok(u64::from_be_bytes(total))
                })
            })
            .collect();
        tasks
            .into_iter()
            .map(|task| task.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())))
            .collect()
    });
    let bytes = results.into_iter().sum::<io::Result<u64>>()?;
    Ok((bytes, begun.elapsed().as_secs_f64()))
}

/// The median of echoes of 64 bytes in microseconds, and how many there were per second.
pub fn echo(address: SocketAddr, connections: usize) -> io::Result<(f64, f64)> {
    let over = AtomicBool::new(false);
    let begun = Instant::now();
    let mut times = thread::scope(|scope| {
        let tasks: Vec<_> = (0..connections)
            .map(|_| {
                scope.spawn(|| -> io::Result<Vec<f64>> {
                    let mut stream = connect(address, b'E')?;
                    let (mut bytes, mut times) = ([7; 64], Vec::new());
                    while !over.load(Ordering::Relaxed) {
                        let asked = Instant::now();
                        stream.write_all(&bytes)?;
                        stream.read_exact(&mut bytes)?;
                        times.push(asked.elapsed().as_secs_f64() * 1e6);
                    }
                    Ok(times)
                })
            })
            .collect();
        thread::sleep(SPAN);
        over.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))?);
        }
        Ok::<_, io::Error>(all)
    })?;
    let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    Ok((times.get(times.len() / 2).copied().unwrap_or(f64::NAN), rate))
}

/// Connections with one echo each per second, by eight loops.
pub fn connects(address: SocketAddr) -> io::Result<f64> {
    let begun = Instant::now();
    let results: Vec<io::Result<u64>> = thread::scope(|scope| {
        let tasks: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut count = 0;
                    while begun.elapsed() < SPAN {
                        let mut stream = connect(address, b'E')?;
                        let mut bytes = [3; 64];
                        stream.write_all(&bytes)?;
                        stream.read_exact(&mut bytes)?;
                        count += 1;
                    }
                    Ok(count)
                })
            })
            .collect();
        tasks
            .into_iter()
            .map(|task| task.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())))
            .collect()
    });
    let count = results.into_iter().sum::<io::Result<u64>>()?;
    Ok(count as f64 / begun.elapsed().as_secs_f64())
}
