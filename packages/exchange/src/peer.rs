//! The asking side of a connection.

use std::collections::VecDeque;
use std::sync::Arc;

use content::{Bitmap, StoreError};
use futures::{SinkExt, StreamExt};
use tokio::io::WriteHalf;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{timeout, Instant};
use tokio_rustls::client::TlsStream;
use tokio_util::codec::{FramedRead, FramedWrite, LengthDelimitedCodec};

use crate::picker::PeerKey;
use crate::target::{NotTaken, Target};
use crate::wire::{self, Answer, Request, MAX_ANSWER_BYTES, MAX_REQUEST_BYTES};
use crate::{Exchange, Item, Participant, ALPN};

/// What a connection learned.
pub(crate) enum Report {
    Joined {
        has: Bitmap,
    },
    Has {
        pieces: Vec<u32>,
    },
    /// It is kept.
    Got {
        piece: u32,
    },
    Lacks {
        piece: u32,
    },
}

/// How a connection ended.
pub(crate) enum End {
    /// It did what no honest peer does, and is not asked again.
    Bad(String),
    /// It may be tried again later.
    Lost(String),
    /// Nothing to do with the peer.
    Store(StoreError),
}

/// Where a connection's reports go.
pub(crate) struct Reports {
    pub key: PeerKey,
    pub to: mpsc::Sender<(PeerKey, Report)>,
}

impl Reports {
    /// False when nobody listens any more.
    async fn send(&self, report: Report) -> bool {
        self.to.send((self.key, report)).await.is_ok()
    }
}

/// One connection to one peer about one item.
pub(crate) struct Ask {
    pub exchange: Arc<Exchange>,
    pub target: Arc<Target>,
    pub deployment: u64,
    pub item: Item,
}

type Requests = FramedWrite<WriteHalf<TlsStream<TcpStream>>, LengthDelimitedCodec>;

impl Ask {
    /// Runs until the connection ends. `commands` are pieces to ask for; each is answered by one report.
    pub async fn run(self, peer: Participant, mut commands: mpsc::Receiver<u32>, reports: Reports) -> End {
        let stream = match self.connect(&peer).await {
            Ok(stream) => stream,
            Err(problem) => return End::Lost(problem),
        };
        let config = &self.exchange.config;
        let (read, write) = tokio::io::split(stream);
        let mut answers = FramedRead::new(read, wire::codec(MAX_ANSWER_BYTES));
        let mut requests = FramedWrite::new(write, wire::codec(MAX_REQUEST_BYTES));
        let hello = Request::Hello { deployment: self.deployment, item: self.item };
        if !self.send(&mut requests, hello).await {
            return End::Lost("it does not read".to_owned());
        }
        let first = match timeout(config.hello_timeout, answers.next()).await {
            Ok(Some(Ok(frame))) => Answer::decode(frame.freeze()),
            Ok(Some(Err(e))) => return End::Lost(e.to_string()),
            Ok(None) => return End::Lost("it ended the connection".to_owned()),
            Err(_) => return End::Lost("it does not answer".to_owned()),
        };
        let pieces = self.item.pieces().unwrap_or(0);
        let mut told = match first {
            Ok(Answer::Welcome { have }) => match Bitmap::from_bytes(pieces, &have) {
                Some(has) => has,
                None => return End::Bad("it greets with what is no list of pieces".to_owned()),
            },
            Ok(Answer::Refused) => {
                return End::Lost("it says that this account takes no part in the deployment".to_owned())
            }
            Ok(Answer::Busy) => return End::Lost("it has as many connections as it takes".to_owned()),
            Ok(_) => return End::Bad("its first frame is no greeting".to_owned()),
            Err(e) => return End::Bad(e.to_string()),
        };
        if !reports.send(Report::Joined { has: told.clone() }).await {
            return End::Lost("not needed any more".to_owned());
        }

        let mut asked: VecDeque<u32> = VecDeque::new();
        let mut waiting_since = Instant::now();
        let mut pings = 0u32;
        let mut keepalive = tokio::time::interval(config.keepalive);
        keepalive.tick().await;
        loop {
            let report = tokio::select! {
                piece = commands.recv() => {
                    let Some(piece) = piece else { return End::Lost("not needed any more".to_owned()) };
                    if asked.is_empty() {
                        waiting_since = Instant::now();
                    }
                    asked.push_back(piece);
                    if !self.send(&mut requests, Request::Get { piece }).await {
                        return End::Lost("it does not read".to_owned());
                    }
                    continue;
                }
                frame = answers.next() => {
                    let frame = match frame {
                        Some(Ok(frame)) => frame.freeze(),
                        Some(Err(e)) if e.kind() == std::io::ErrorKind::InvalidData => {
                            return End::Bad(e.to_string())
                        }
                        Some(Err(e)) => return End::Lost(e.to_string()),
                        None => return End::Lost("it ended the connection".to_owned()),
                    };
                    match Answer::decode(frame) {
                        Ok(Answer::Piece { piece, chunk }) => {
                            if asked.pop_front() != Some(piece) {
                                return End::Bad(format!("it sent piece {piece}, which was not its turn"));
                            }
                            waiting_since = Instant::now();
                            match self.target.put(piece, chunk).await {
                                Ok(()) => {}
                                Err(NotTaken::Bad) => {
                                    return End::Bad(format!("what it sent as piece {piece} is not that piece"))
                                }
                                Err(NotTaken::Removed) => return End::Lost("not needed any more".to_owned()),
                                Err(NotTaken::Store(e)) => return End::Store(e),
                            }
                            self.exchange.announce();
                            Report::Got { piece }
                        }
                        Ok(Answer::Missing { piece }) => {
                            if asked.pop_front() != Some(piece) {
                                return End::Bad(format!("it spoke of piece {piece}, which was not its turn"));
                            }
                            waiting_since = Instant::now();
                            told.clear(piece);
                            Report::Lacks { piece }
                        }
                        Ok(Answer::Have { pieces }) => {
                            if !pieces.iter().all(|piece| told.set(*piece)) {
                                return End::Bad("it told twice of a piece, or of one that is none".to_owned());
                            }
                            Report::Has { pieces }
                        }
                        Ok(Answer::Pong) if pings > 0 => {
                            pings -= 1;
                            continue;
                        }
                        Ok(_) => return End::Bad("it sent a frame out of place".to_owned()),
                        Err(e) => return End::Bad(e.to_string()),
                    }
                }
                _ = keepalive.tick() => {
                    if pings > 0 && asked.is_empty() {
                        return End::Lost("it does not answer".to_owned());
                    }
                    if pings == 0 {
                        pings = 1;
                        if !self.send(&mut requests, Request::Ping).await {
                            return End::Lost("it does not read".to_owned());
                        }
                    }
                    continue;
                }
                () = tokio::time::sleep_until(waiting_since + config.stall_timeout), if !asked.is_empty() => {
                    return End::Lost(format!("it was asked and sent nothing for {:?}", config.stall_timeout));
                }
            };
            if !reports.send(report).await {
                return End::Lost("not needed any more".to_owned());
            }
        }
    }

    async fn connect(&self, peer: &Participant) -> Result<TlsStream<TcpStream>, String> {
        let exchange = &self.exchange;
        let mut problem = "it has no endpoint".to_owned();
        for endpoint in &peer.endpoints {
            let connecting = exchange.connector.connect(endpoint, &peer.account, peer.role, &*exchange.roots);
            match connecting.await {
                Ok(connection) if connection.stream.get_ref().1.alpn_protocol() == Some(ALPN) => {
                    return Ok(connection.stream);
                }
                Ok(_) => problem = format!("{endpoint} does not take part in the exchange"),
                Err(e) => problem = e.to_string(),
            }
        }
        Err(problem)
    }

    async fn send(&self, requests: &mut Requests, request: Request) -> bool {
        let sending = requests.send(request.encode());
        matches!(timeout(self.exchange.config.write_timeout, sending).await, Ok(Ok(())))
    }
}
