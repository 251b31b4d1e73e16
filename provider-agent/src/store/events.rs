//! What happened to each lease, for its tenant and for the operator: a ring of the latest events.

use gateway_api::LeaseEvent;
use redb::{ReadableDatabase, ReadableTable};

use super::{Result, Store, EVENTS};

/// Events kept of one lease.
pub const EVENTS_PER_LEASE: u64 = 100;

impl Store {
    /// Adds an event, unless the latest one says the same.
    pub fn push_event(&self, lease: u64, event: &LeaseEvent) -> Result<()> {
        self.write(|tx| {
            let mut table = tx.open_table(EVENTS)?;
            let last = match table.range((lease, 0)..=(lease, u64::MAX))?.next_back() {
                Some(row) => {
                    let (key, value) = row?;
                    Some((key.value().1, serde_json::from_slice::<LeaseEvent>(value.value())?))
                }
                None => None,
            };
            if last
                .as_ref()
                .is_some_and(|(_, was)| LeaseEvent { at_ms: event.at_ms, ..was.clone() } == *event)
            {
                return Ok(());
            }
            let sequence = last.map_or(1, |(sequence, _)| sequence + 1);
            table.insert((lease, sequence), serde_json::to_vec(event)?.as_slice())?;
            if sequence > EVENTS_PER_LEASE {
                table.remove((lease, sequence - EVENTS_PER_LEASE))?;
            }
            Ok(())
        })
    }

    /// The events of a lease, oldest first.
    pub fn events(&self, lease: u64) -> Result<Vec<LeaseEvent>> {
        let tx = self.db.begin_read()?;
        let table = tx.open_table(EVENTS)?;
        let mut events = Vec::new();
        for row in table.range((lease, 0)..=(lease, u64::MAX))? {
            events.push(serde_json::from_slice(row?.1.value())?);
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_api::EventKind;

    pub fn event(at_ms: u64, message: &str) -> LeaseEvent {
        LeaseEvent { at_ms, kind: EventKind::Crashed, service: None, replica: None, message: message.into() }
    }

    #[test]
    fn the_ring_keeps_the_latest_and_drops_repetitions() {
        let store = Store::in_memory().unwrap();
        for n in 0..EVENTS_PER_LEASE + 20 {
            store.push_event(7, &event(n, &format!("{n}"))).unwrap();
            store.push_event(7, &event(n + 1, &format!("{n}"))).unwrap();
        }
        store.push_event(8, &event(0, "another lease")).unwrap();
        let events = store.events(7).unwrap();
        assert_eq!(events.len() as u64, EVENTS_PER_LEASE);
        assert_eq!(events[0].message, "20");
        assert_eq!(store.events(8).unwrap().len(), 1);
    }
}
