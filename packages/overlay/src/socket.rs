//! Reads and writes that ask the kernel no more often than they must.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::io::Interest;
use tokio::net::TcpStream;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1024;

/// Reads once into `room` bytes. A read that leaves room has emptied the socket, so the socket is marked as not ready
/// at once, which saves the call that would only say so; that it was closed stays marked.
pub(crate) fn read(
    socket: &TcpStream,
    room: usize,
    read: impl FnOnce(&TcpStream) -> rustix::io::Result<usize>,
) -> io::Result<usize> {
    let mut got = None;
    let result = socket.try_io(Interest::READABLE, || {
        let count = read(socket)?;
        got = Some(count);
        if count > 0 && count < room {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(count)
    });
    got.map_or(result, Ok)
}

/// Reads into one stretch of memory.
pub(crate) fn read_into(socket: &TcpStream, bytes: &mut [u8]) -> io::Result<usize> {
    read(socket, bytes.len(), |socket| rustix::io::read(socket, bytes))
}

/// Reads into several.
pub(crate) fn read_vectored(socket: &TcpStream, slices: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
    let room = slices.iter().map(|slice| slice.len()).sum();
    read(socket, room, |socket| rustix::io::readv(socket, slices))
}

/// Writes once. As with [`read`], a write that was cut short has filled the socket.
pub(crate) fn write_vectored(socket: &TcpStream, slices: &[IoSlice<'_>]) -> io::Result<usize> {
    let whole: usize = slices.iter().map(|slice| slice.len()).sum();
    let mut put = None;
    let result = socket.try_io(Interest::WRITABLE, || {
        let socket = SockRef::from(socket);
        let count = match slices {
            [one] => socket.send(one)?,
            many => socket.send_vectored(many)?,
        };
        put = Some(count);
        if count > 0 && count < whole {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(count)
    });
    match put.map_or(result, Ok) {
        Ok(0) if whole > 0 => Err(io::ErrorKind::WriteZero.into()),
        other => other,
    }
}

/// A carrier's socket: nothing waits for a fuller packet, and a host that vanished is noticed while nothing is sent.
pub(crate) fn prepare_carrier(socket: &TcpStream, ask_every: Duration) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let ask_every = ask_every.max(Duration::from_secs(1));
    let keepalive = TcpKeepalive::new().with_time(ask_every).with_interval(ask_every).with_retries(3);
    SockRef::from(socket).set_tcp_keepalive(&keepalive)
}

/// A listener that shares its address with those of other threads.
pub(crate) fn listener(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}
