//! Waiting for what became of a transaction that was sent.

use std::time::Duration;

use tokio::time::Instant;

use crate::client::{Broadcast, POLL};
use crate::{Client, TxResult};

/// Blocks past the timeout height after which a transaction that is not found is given up: nodes index a moment
/// after they commit.
const INDEX_LAG: u64 = 2;
/// The same bytes are sent again when they were not seen for this long; they cannot take effect twice.
const REBROADCAST: Duration = Duration::from_secs(5);
/// Sooner when the answer to the broadcast was lost.
const REBROADCAST_DOUBTFUL: Duration = Duration::from_millis(500);
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(500);

/// A transaction on its way.
pub struct Flight {
    pub hash: String,
    pub timeout_height: u64,
    /// None after a restart: then it is only looked for.
    pub bytes: Option<Vec<u8>>,
    /// The answer to the broadcast was lost.
    pub doubtful: bool,
}

pub enum Landing {
    Included(TxResult),
    /// It is past its timeout height and in no block.
    NotIncluded,
    /// Nobody could be asked for as long as the caller was willing to wait.
    Unknown(String),
}

/// Returns when the chain has decided. Without `patience` an unreachable chain is waited for.
pub async fn confirm(client: &Client, flight: &Flight, patience: Option<Duration>) -> Landing {
    let mut answered_at = Instant::now();
    let mut sent_at = Instant::now();
    let mut again_after = if flight.doubtful { REBROADCAST_DOUBTFUL } else { REBROADCAST };
    loop {
        match client.tx_as_of(&flight.hash).await {
            Ok((Some(result), _)) => return Landing::Included(result),
            Ok((None, height)) if height >= flight.timeout_height.saturating_add(INDEX_LAG) => {
                return Landing::NotIncluded;
            }
            Ok((None, height)) => {
                answered_at = Instant::now();
                if let Some(bytes) = flight.bytes.as_deref().filter(|_| sent_at.elapsed() >= again_after) {
                    if height < flight.timeout_height {
                        let outcome = client.broadcast_bytes(bytes).await;
                        if !matches!(outcome, Broadcast::Accepted) {
                            tracing::debug!(hash = %flight.hash, ?outcome, "sent the same bytes again");
                        }
                    }
                    sent_at = Instant::now();
                    again_after = REBROADCAST;
                }
            }
            Err(error) => {
                if patience.is_some_and(|patience| answered_at.elapsed() >= patience) {
                    return Landing::Unknown(error.to_string());
                }
                tokio::time::sleep(PAUSE_AFTER_ERROR).await;
            }
        }
        tokio::time::sleep(POLL).await;
    }
}
