//! A stream between a workload's connection and a carrier.

use std::future::{poll_fn, Future};
use std::io::{self, IoSlice, IoSliceMut};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::app::App;
use crate::buffer::{Buffer, SLOTS};
use crate::carrier::{Fault, Link, Payloads, Rx, Tx};
use crate::record::{Kind, HEADER, PAYLOAD, RECORD};
use crate::socket;

/// After which `To` says that a stream is open if there was nothing else to send.
const SAY_OPENED_AFTER: Duration = Duration::from_secs(1);

/// Which end of a stream this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// It has asked for the stream, and waits until this time for an answer.
    Asks(Instant),
    /// It has the target, and owes the answer.
    Answers,
}

/// Moves bytes both ways until both directions have ended. `drained` is set if the peer wants no other stream.
pub(crate) async fn pump(
    link: &Link,
    tx: &mut Tx,
    rx: &mut Rx,
    app: &TcpStream,
    opening: Opening,
    drained: &AtomicBool,
) -> Result<(), Fault> {
    let sent_all = AtomicBool::new(false);
    let mut up = pin!(up(link, tx, app, opening, &sent_all));
    let mut down = pin!(down(link, rx, app, opening, drained));
    let mut got_all = false;
    poll_fn(|cx| {
        // Ends only by a fault: after its last byte it watches the workload.
        if let Poll::Ready(fault) = up.as_mut().poll(cx) {
            return Poll::Ready(Err(fault));
        }
        if !got_all {
            match down.as_mut().poll(cx) {
                Poll::Ready(Ok(())) => got_all = true,
                Poll::Ready(Err(fault)) => return Poll::Ready(Err(fault)),
                Poll::Pending => {}
            }
        }
        if got_all && sent_all.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Poll::Pending
    })
    .await
}

/// From the workload to the peer.
async fn up(link: &Link, tx: &mut Tx, app: &TcpStream, opening: Opening, sent_all: &AtomicBool) -> Fault {
    if let Err(fault) = send_all(link, tx, app, opening).await {
        return fault;
    }
    sent_all.store(true, Ordering::Relaxed);
    // A workload that has nothing more to say may still break off.
    let _ = app.ready(Interest::ERROR).await;
    Fault::App
}

async fn send_all(link: &Link, tx: &mut Tx, app: &TcpStream, opening: Opening) -> Result<(), Fault> {
    if opening == Opening::Answers && tokio::time::timeout(SAY_OPENED_AFTER, app.readable()).await.is_err() {
        tx.say(link, Kind::Opened).await?;
    }
    loop {
        app.readable().await.map_err(|_| Fault::App)?;
        tx.prepare(link).await?;
        let mut buffer = link.core.buffers.take();
        let count = match read_slots(app, &mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_) => return Err(Fault::App),
        };
        let end = seal_slots(tx, &mut buffer, count)?;
        tx.send(link, buffer, end).await?;
        link.tunnel.counters.sent.add(count as u64);
    }
    tx.finish(link, Kind::End).await
}

/// Reads to where payloads stand in full records.
fn read_slots(app: &TcpStream, buffer: &mut Buffer) -> io::Result<usize> {
    let mut slices: [IoSliceMut<'_>; SLOTS] = std::array::from_fn(|_| IoSliceMut::new(&mut []));
    let mut count = 0;
    for (slice, record) in slices.iter_mut().zip(buffer.chunks_exact_mut(RECORD)) {
        *slice = IoSliceMut::new(&mut record[HEADER..HEADER + PAYLOAD]);
        count += 1;
    }
    socket::read_vectored(app, &mut slices[..count])
}

/// Seals what was read: full records but for the last. Returns where they end.
fn seal_slots(tx: &mut Tx, buffer: &mut Buffer, count: usize) -> Result<usize, Fault> {
    let (mut left, mut at) = (count, 0);
    while left > 0 {
        let length = left.min(PAYLOAD);
        at += tx.seal(&mut buffer[at..], length, Kind::Data)?;
        left -= length;
    }
    Ok(at)
}

/// From the peer to the workload.
async fn down(
    link: &Link,
    rx: &mut Rx,
    app: &TcpStream,
    opening: Opening,
    drained: &AtomicBool,
) -> Result<(), Fault> {
    if let Opening::Asks(until) = opening {
        // Any frame is an answer; which one is seen below.
        match tokio::time::timeout_at(until, rx.readable(link)).await {
            Ok(ready) => ready?,
            Err(_) => return Err(Fault::Timeout),
        }
    }
    loop {
        rx.readable(link).await?;
        let mut buffer = link.core.buffers.take();
        let Some(batch) = rx.read(link, &mut buffer)? else { continue };
        if batch.drained {
            drained.store(true, Ordering::Relaxed);
        }
        match batch.last {
            Some(Kind::Reset) => {
                rx.ended = true;
                return Err(Fault::Reset);
            }
            Some(Kind::End) => rx.ended = true,
            Some(_) => return Err(Fault::Protocol("a frame comes where it has no place")),
            None => {}
        }
        link.tunnel.counters.received.add(batch.bytes);
        deliver(app, &buffer[..batch.end]).await?;
        if rx.ended {
            // A workload that has closed already has read all it wanted.
            let _ = App::end(app);
            return Ok(());
        }
    }
}

/// Writes the payloads of opened records to the workload.
async fn deliver(app: &TcpStream, records: &[u8]) -> Result<(), Fault> {
    // Where the first record stands of which something is left, and how much of its payload has gone.
    let (mut at, mut gone) = (0, 0);
    loop {
        let count = {
            let mut slices = [IoSlice::new(&[]); SLOTS];
            let (mut filled, mut skip) = (0, gone);
            for (kind, payload, _) in Payloads::new(&records[at..]) {
                if kind != Kind::Data as u8 && !payload.is_empty() {
                    return Err(Fault::Protocol("a datagram stands in a stream"));
                }
                let left = &payload[skip.min(payload.len())..];
                skip = 0;
                if left.is_empty() {
                    continue;
                }
                slices[filled] = IoSlice::new(left);
                filled += 1;
                if filled == slices.len() {
                    break;
                }
            }
            if filled == 0 {
                return Ok(());
            }
            socket::write_vectored(app, &slices[..filled])
        };
        match count {
            Ok(count) => {
                let mut count = count;
                for (_, payload, record) in Payloads::new(&records[at..]) {
                    let left = payload.len() - gone;
                    if count < left {
                        gone += count;
                        break;
                    }
                    count -= left;
                    at += record;
                    gone = 0;
                    if count == 0 {
                        break;
                    }
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                app.writable().await.map_err(|_| Fault::App)?;
            }
            Err(_) => return Err(Fault::App),
        }
    }
}

/// Moves bytes both ways between two connections of this host.
pub(crate) async fn join(link: &crate::core::Core, left: &TcpStream, right: &TcpStream) -> Result<(), Fault> {
    let mut done = [false; 2];
    let mut ways = (pin!(copy(link, left, right)), pin!(copy(link, right, left)));
    poll_fn(|cx| {
        if !done[0] {
            match ways.0.as_mut().poll(cx) {
                Poll::Ready(Ok(())) => done[0] = true,
                Poll::Ready(Err(fault)) => return Poll::Ready(Err(fault)),
                Poll::Pending => {}
            }
        }
        if !done[1] {
            match ways.1.as_mut().poll(cx) {
                Poll::Ready(Ok(())) => done[1] = true,
                Poll::Ready(Err(fault)) => return Poll::Ready(Err(fault)),
                Poll::Pending => {}
            }
        }
        if done == [true; 2] {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    })
    .await
}

async fn copy(core: &crate::core::Core, from: &TcpStream, to: &TcpStream) -> Result<(), Fault> {
    loop {
        from.readable().await.map_err(|_| Fault::App)?;
        let mut buffer = core.buffers.take();
        let count = match socket::read_into(from, &mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(_) => return Err(Fault::App),
        };
        let mut at = 0;
        while at < count {
            match socket::write_vectored(to, &[IoSlice::new(&buffer[at..count])]) {
                Ok(written) => at += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    to.writable().await.map_err(|_| Fault::App)?;
                }
                Err(_) => return Err(Fault::App),
            }
        }
    }
    let _ = App::end(to);
    Ok(())
}
