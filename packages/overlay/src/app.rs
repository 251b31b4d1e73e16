//! A workload's connection.

use std::io;
use std::net::Shutdown;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::state::Tunnel;

/// A workload's connection, which ends by a reset unless its stream ended whole: whatever else ends it, be it a kill of
/// this process, the workload does not take a part for the whole.
pub(crate) struct App {
    socket: Option<TcpStream>,
    thread: usize,
    tunnel: Option<Arc<Tunnel>>,
    _open: Open,
}

impl App {
    /// `thread` is the one whose runtime drives the socket.
    pub fn new(socket: TcpStream, thread: usize, open: Open) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        SockRef::from(&socket).set_linger(Some(Duration::ZERO))?;
        Ok(Self { socket: Some(socket), thread, tunnel: None, _open: open })
    }

    pub fn socket(&self) -> io::Result<&TcpStream> {
        self.socket.as_ref().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    pub fn thread(&self) -> usize {
        self.thread
    }

    /// From here on a reset is one of this tunnel.
    pub fn enter(&mut self, tunnel: &Arc<Tunnel>) {
        self.tunnel = Some(tunnel.clone());
    }

    /// Makes the calling thread, whose number this is, the one that drives the socket.
    pub fn move_to(&mut self, thread: usize) -> io::Result<()> {
        if self.thread != thread {
            if let Some(socket) = self.socket.take() {
                self.socket = Some(TcpStream::from_std(socket.into_std()?)?);
            }
            self.thread = thread;
        }
        Ok(())
    }

    /// Nothing more goes to the workload.
    pub fn end(socket: &TcpStream) -> io::Result<()> {
        SockRef::from(socket).shutdown(Shutdown::Write)
    }

    /// Both directions have ended.
    pub fn finish(mut self) {
        if let Some(socket) = self.socket.take() {
            let _ = SockRef::from(&socket).set_linger(None);
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if let (Some(_), Some(tunnel)) = (&self.socket, &self.tunnel) {
            tunnel.counters.resets.add(1);
        }
    }
}

/// One of the streams and flows that are open.
pub(crate) struct Open(watch::Sender<usize>);

impl Open {
    pub fn new(count: &watch::Sender<usize>) -> Self {
        count.send_modify(|open| *open += 1);
        Self(count.clone())
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.send_modify(|open| *open = open.saturating_sub(1));
    }
}
