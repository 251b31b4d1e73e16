//! The answering side of a connection.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use content::{Bitmap, Chunk, Entry};
use futures::{SinkExt, StreamExt};
use identity::{authorise, AuthoriseError, Claim};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::{timeout, Instant};
use tokio_util::codec::{FramedRead, FramedWrite};
use tokio_util::sync::CancellationToken;

use crate::target::on_disk;
use crate::wire::{self, Answer, Request, MAX_ANSWER_BYTES, MAX_REQUEST_BYTES};
use crate::{Exchange, Item};

/// The least time between two messages that tell of new pieces, which thus tell of several.
const HAVE_PAUSE: Duration = Duration::from_millis(20);

/// Why a connection is over, for the log.
type Over = &'static str;

/// What is here of the item that a connection is about.
enum Shelf {
    Manifest { version: [u8; 32] },
    Content { content: content::ContentRef, entry: Option<Arc<Entry>> },
}

impl Exchange {
    /// Answers a peer whose certificates are sound until either side ends, the peer takes no part any more, or
    /// `stop`. The caller has found [`crate::ALPN`] to be the connection's protocol.
    pub async fn serve<IO>(&self, io: IO, claim: Claim, stop: CancellationToken)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let account = claim.account().to_owned();
        let over = tokio::select! {
            () = stop.cancelled() => "stopping",
            over = self.answer(io, &claim) => over,
        };
        tracing::debug!(account, over, "exchange: connection ended");
    }

    async fn answer<IO>(&self, io: IO, claim: &Claim) -> Over
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let (read, write) = tokio::io::split(io);
        let mut requests = FramedRead::new(read, wire::codec(MAX_REQUEST_BYTES));
        let mut answers = FramedWrite::new(write, wire::codec(MAX_ANSWER_BYTES));
        let limit = self.config.write_timeout;
        let account = claim.account();
        let place = self.connections.take(account.to_owned());
        let hello = match timeout(self.config.hello_timeout, requests.next()).await {
            Ok(Some(Ok(frame))) => Request::decode(frame.freeze()),
            _ => return "no hello",
        };
        let Ok(Request::Hello { deployment, item }) = hello else { return "its first frame is no hello" };
        let turned_away = match &place {
            None => Some((Answer::Busy, "too many connections of this account")),
            Some(_) if !self.takes_part(claim, deployment, false).await => {
                Some((Answer::Refused, "it takes no part"))
            }
            Some(_) => None,
        };
        if let Some((answer, over)) = turned_away {
            let last = async {
                answers.send(answer.encode()).await?;
                answers.get_mut().shutdown().await
            };
            // Whether it is heard is the other side's affair.
            let _ = timeout(limit, last).await;
            return over;
        }
        let mut changes = self.changed.subscribe();
        let mut shelf = match item {
            Item::Manifest { version } => Shelf::Manifest { version },
            Item::Content(content) => Shelf::Content { content, entry: None },
        };
        let mut told = self.have(&mut shelf, deployment, item).await;
        let welcome = Answer::Welcome { have: Bytes::copy_from_slice(told.as_bytes()) };
        if !matches!(timeout(limit, answers.send(welcome.encode())).await, Ok(Ok(()))) {
            return "it does not read";
        }

        let mut recheck = tokio::time::interval(self.config.recheck);
        recheck.tick().await;
        let mut heard = Instant::now();
        let (mut news, mut may_tell) = (false, Instant::now());
        loop {
            let answer = tokio::select! {
                frame = requests.next() => {
                    heard = Instant::now();
                    let frame = match frame {
                        Some(Ok(frame)) => frame.freeze(),
                        Some(Err(_)) => return "its frame cannot be read",
                        None => return "it has gone",
                    };
                    match Request::decode(frame) {
                        Ok(Request::Get { piece }) => match self.piece(&shelf, deployment, piece).await {
                            Some(chunk) => Answer::Piece { piece, chunk },
                            None => {
                                told.clear(piece);
                                Answer::Missing { piece }
                            }
                        },
                        Ok(Request::Ping) => Answer::Pong,
                        Ok(Request::Hello { .. }) => return "a second hello",
                        Err(_) => return "a frame that is none",
                    }
                }
                () = tokio::time::sleep_until(may_tell), if news => {
                    news = false;
                    may_tell = Instant::now() + HAVE_PAUSE;
                    let have = self.have(&mut shelf, deployment, item).await;
                    let new: Vec<u32> = have.iter().filter(|piece| !told.get(*piece)).take(wire::MAX_HAVE).collect();
                    if new.is_empty() {
                        continue;
                    }
                    for piece in &new {
                        told.set(*piece);
                    }
                    // What did not fit follows.
                    news = new.len() == wire::MAX_HAVE;
                    Answer::Have { pieces: new }
                }
                changed = changes.changed() => {
                    if changed.is_err() {
                        return "stopping";
                    }
                    news = true;
                    continue;
                }
                _ = recheck.tick() => {
                    if !self.takes_part(claim, deployment, true).await {
                        return "it takes no part any more";
                    }
                    if heard.elapsed() > self.config.idle_timeout {
                        return "nothing was heard of it";
                    }
                    // Also what nobody announced.
                    news = true;
                    continue;
                }
            };
            if !matches!(timeout(limit, answers.send(answer.encode())).await, Ok(Ok(()))) {
                return "it does not read";
            }
        }
    }

    /// Whether the chain vouches for the peer and has it among the participants. `known` peers stay while the chain
    /// is silent; nobody new is let in then.
    async fn takes_part(&self, claim: &Claim, deployment: u64, known: bool) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs());
        if now > claim.expires.saturating_add(identity::CLOCK_SKEW.as_secs()) {
            return false;
        }
        // Asked first and always, so that an answer's delay does not tell one refusal from another.
        let participants = self.host.participants(deployment).await;
        let peer = match authorise(claim, &*self.roots).await {
            Ok(peer) => (peer.account, peer.role),
            Err(AuthoriseError::Unknown { .. }) if known => (claim.account().to_owned(), claim.role()),
            Err(_) => return false,
        };
        match participants {
            Ok(all) => all.iter().any(|one| (&one.account, one.role) == (&peer.0, peer.1)),
            Err(_) => known,
        }
    }

    async fn have(&self, shelf: &mut Shelf, deployment: u64, item: Item) -> Bitmap {
        let nothing = Bitmap::none(item.pieces().unwrap_or(0));
        match shelf {
            Shelf::Manifest { version } => match self.host.manifest(deployment, version).await {
                Some(_) => Bitmap::all(1),
                None => nothing,
            },
            Shelf::Content { content, entry } => {
                if !self.host.carries(deployment, content).await {
                    return nothing;
                }
                // Looked up anew, because it may have been removed and begun again.
                let (store, wanted) = (self.store.clone(), *content);
                *entry = on_disk(move || store.get(wanted)).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "exchange: content cannot be given out");
                    None
                });
                entry.as_ref().map_or(nothing, |entry| entry.have())
            }
        }
    }

    async fn piece(&self, shelf: &Shelf, deployment: u64, piece: u32) -> Option<Chunk> {
        match shelf {
            Shelf::Manifest { version } => {
                let bytes = self.host.manifest(deployment, version).await.filter(|_| piece == 0)?;
                Some(Chunk { data: bytes.to_vec(), path: Vec::new() })
            }
            Shelf::Content { entry, .. } => {
                let entry = entry.clone()?;
                on_disk(move || entry.chunk(piece)).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "exchange: a chunk cannot be given out");
                    None
                })
            }
        }
    }
}
