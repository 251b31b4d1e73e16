//! After a transaction: who gets which outcome, and who gets another try.

use super::{Actor, Id, Landed};
use crate::tx::confirm::Landing;
use crate::tx::outcome::{classify, Refusal};
use crate::tx::JournalOutcome;
use crate::{TxError, TxResult};

/// How often a message is simulated and sent at most, its failures together with others included.
const MAX_ATTEMPTS: u32 = 4;

impl Actor {
    pub(super) async fn landed(&mut self, landed: Landed) {
        let Landed { hash, timeout_height, items, gas_limit, landing } = landed;
        match landing {
            Landing::Included(result) => {
                let outcome = JournalOutcome::Included { height: result.height, code: result.code };
                self.settle(&hash, outcome).await;
                if result.code == 0 {
                    self.succeeded(&items, &result);
                } else {
                    self.failed(&items, &result, gas_limit);
                }
            }
            Landing::NotIncluded => {
                let reason = "not included up to its timeout height".to_owned();
                self.settle(&hash, JournalOutcome::NotIncluded { reason }).await;
                // What came after it in the sequence hangs in the air too.
                self.resync = true;
                self.again(&items, || TxError::TimedOut { hash: hash.clone(), timeout_height });
            }
            Landing::Unknown(detail) => {
                self.resync = true;
                let error = TxError::Unknown { hash, timeout_height, detail };
                self.refuse(&items, error);
            }
        }
    }

    pub(super) fn succeeded(&mut self, items: &[Id], result: &TxResult) {
        let single = items.len() == 1;
        let mut first = 0u32;
        for id in items {
            // What the journal alone knows counts as one message, which is what the queue puts into a batch.
            let count = self.items.get(id).and_then(|item| item.messages.as_ref()).map_or(1, Vec::len) as u32;
            let mine = if single { result.clone() } else { part(result, first, count) };
            first += count;
            self.finish(*id, Ok(mine));
        }
    }

    /// A transaction that failed took its fee. Alone, that is the outcome. In a batch one message took the others
    /// down: each is simulated again, so that only those that fail by themselves are answered with an error.
    pub(super) fn failed(&mut self, items: &[Id], result: &TxResult, gas_limit: u64) {
        let refusal = classify(result.code, &result.codespace, &result.log);
        if matches!(refusal, Refusal::WrongSequence { .. }) {
            self.resync = true;
        }
        let (address, denom) = (self.signer.address().to_owned(), self.config.gas_price.denom.clone());
        let error = refusal.clone().into_error(&address, &denom, gas_limit);
        if items.len() == 1 && !matches!(refusal, Refusal::WrongSequence { .. }) {
            self.refuse(items, error);
            return;
        }
        tracing::warn!(hash = %result.hash, height = result.height, %error, "a batch failed; its messages are tried again");
        let culprit = match refusal {
            Refusal::Message { index, .. } => index,
            _ => None,
        };
        let mut first = 0;
        for id in items {
            let Some(item) = self.items.get_mut(id) else { continue };
            let count = item.messages.as_ref().map_or(1, Vec::len);
            // Without a culprit, such as when gas ran out, everyone goes alone.
            item.alone |= culprit.is_none_or(|index| (first..first + count).contains(&index));
            first += count;
        }
        self.again(items, || error.clone());
    }

    /// To be simulated anew, before anything that came later; given up after some attempts.
    pub(super) fn again(&mut self, items: &[Id], error: impl Fn() -> TxError) {
        for id in items.iter().rev() {
            let Some(item) = self.items.get_mut(id) else { continue };
            item.attempts += 1;
            item.flight = None;
            if item.messages.is_none() || item.attempts >= MAX_ATTEMPTS {
                self.finish(*id, Err(error()));
            } else {
                self.waiting.push_front(*id);
            }
        }
    }
}

/// The part of a transaction that concerns some of its messages.
fn part(result: &TxResult, first: u32, count: u32) -> TxResult {
    let mine = |index: u32| (first..first.saturating_add(count)).contains(&index);
    let raw_index = |event: &crate::RawEvent| event.get("msg_index").and_then(|index| index.parse().ok());
    TxResult {
        events: result.events.iter().filter(|e| e.msg_index.is_some_and(mine)).cloned().collect(),
        raw_events: result.raw_events.iter().filter(|e| raw_index(e).is_some_and(mine)).cloned().collect(),
        ..result.clone()
    }
}
