//! What can go wrong between a message and its block: every message takes effect once or is answered with an error,
//! and nothing that costs gas is sent on a guess.

#[allow(dead_code)]
mod fake;

use std::sync::Arc;
use std::time::Duration;

use chain_client::keys::generate_mnemonic;
use chain_client::{
    Client, ClientConfig, GasPrice, Journal, JournalEntry, JournalError, JournalOutcome, LocalKey,
    MemoryJournal, Message, TxConfig, TxError, TxQueue,
};
use fake::{FakeNode, Fault};
use serde_json::json;
use tokio_util::sync::CancellationToken;

fn config() -> TxConfig {
    TxConfig {
        timeout_blocks: 10,
        drain: Duration::from_millis(200),
        ..TxConfig::new(GasPrice::new("uakash", "0.025").unwrap())
    }
}

fn client(node: &FakeNode) -> Client {
    let config = ClientConfig {
        deadline: Duration::from_millis(2000),
        max_lag: 50,
        ..ClientConfig::new("test-1", vec![node.url.clone()])
    };
    Client::with_config(config).unwrap()
}

fn start(node: &FakeNode, config: TxConfig, journal: Arc<dyn Journal>) -> (TxQueue, CancellationToken) {
    let key = Arc::new(LocalKey::from_mnemonic(&generate_mnemonic().unwrap(), "wasm").unwrap());
    let cancel = CancellationToken::new();
    let (queue, _task) = TxQueue::start(client(node), key, config, journal, cancel.clone());
    (queue, cancel)
}

fn call(name: &str, key: &str) -> Message {
    Message::new("wasm1c", &json!({ name: {} }), vec![], key).unwrap()
}

/// How often a message of this name took effect.
fn effects(node: &FakeNode, name: &str) -> usize {
    let state = node.state();
    let done = state.included.values().filter(|(_, _, code)| *code == 0);
    done.flat_map(|(tx, ..)| tx.names.clone()).filter(|found| found == name).count()
}

#[tokio::test]
async fn a_lost_answer_to_the_broadcast_is_no_second_transaction() {
    for fault in [Fault::LostAfter, Fault::LostBefore, Fault::Garbage, Fault::ServerError] {
        let node = FakeNode::start("test-1").await.mines();
        node.fault(Some("broadcast_tx_sync"), fault, 1);
        let journal = Arc::new(MemoryJournal::new());
        let (queue, _cancel) = start(&node, config(), journal.clone());
        let result = queue.execute(call("ping", "one")).await;
        // Never more than once; with room to send again, exactly once.
        assert!(result.is_ok(), "{fault:?}: {result:?}");
        assert_eq!(effects(&node, "ping"), 1, "{fault:?}");
        assert_eq!(node.state().hits, 1, "{fault:?} was not met");
        assert!(journal.unsettled().unwrap().is_empty());
    }
}

#[tokio::test]
async fn the_sequence_that_the_node_names_is_adopted() {
    let node = FakeNode::start("test-1").await.mines();
    let (queue, _cancel) = start(&node, config(), Arc::new(MemoryJournal::new()));
    queue.execute(call("ping", "one")).await.unwrap();
    node.state().sequence += 5;
    queue.execute(call("ping", "two")).await.unwrap();
    queue.execute(call("ping", "three")).await.unwrap();
    let sequences: Vec<u64> = node.state().included.values().map(|(tx, ..)| tx.sequence).collect();
    assert_eq!(sequences.iter().max(), Some(&7));
    assert_eq!(effects(&node, "ping"), 3);
}

#[tokio::test]
async fn a_refused_check_moves_no_sequence_and_names_the_price() {
    let node = FakeNode::start("test-1").await.mines();
    node.state().min_fee = Some("26000uakash");
    let (queue, _cancel) = start(&node, config(), Arc::new(MemoryJournal::new()));
    let refused = queue.execute(call("ping", "one")).await;
    let Err(TxError::InsufficientFees { price_to_set, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(price_to_set, "0.2uakash");
    assert_eq!(node.state().broadcasts(), 1, "an error that needs a person is not tried again");
    node.state().min_fee = None;
    queue.execute(call("ping", "two")).await.unwrap();
    assert_eq!(node.state().received.iter().map(|tx| tx.sequence).collect::<Vec<_>>(), [0, 0]);
}

#[tokio::test]
async fn a_full_mempool_is_waited_for() {
    let node = FakeNode::start("test-1").await.mines();
    node.state().mempool_full = 2;
    let (queue, _cancel) = start(&node, config(), Arc::new(MemoryJournal::new()));
    queue.execute(call("ping", "one")).await.unwrap();
    assert_eq!(effects(&node, "ping"), 1);
    assert_eq!(node.state().mempool_full, 0);
}

#[tokio::test]
async fn what_no_block_takes_times_out_and_is_simulated_before_it_is_sent_again() {
    let node = FakeNode::start("test-1").await.mines();
    node.state().censors = true;
    let journal = Arc::new(MemoryJournal::new());
    let (queue, _cancel) = start(&node, config(), journal.clone());
    let refused = queue.execute(call("ping", "one")).await;
    assert!(matches!(refused, Err(TxError::TimedOut { .. })), "{refused:?}");
    assert_eq!(effects(&node, "ping"), 0);
    assert!(journal.unsettled().unwrap().is_empty());
    let mut sent: Vec<(String, u64)> =
        node.state().received.iter().map(|tx| (tx.hash.clone(), tx.timeout_height)).collect();
    sent.dedup();
    assert!(sent.len() > 1, "it was sent once only");
    // The next one went out only when the one before could not be included any more.
    assert!(sent.windows(2).all(|pair| pair[1].1 > pair[0].1 + config().timeout_blocks), "{sent:?}");

    node.state().censors = false;
    queue.execute(call("ping", "two")).await.unwrap();
}

#[tokio::test]
async fn a_batch_that_fails_is_taken_apart_and_the_fee_of_a_single_one_is_paid_once() {
    let node = FakeNode::start("test-1").await;
    let (queue, _cancel) = start(&node, config(), Arc::new(MemoryJournal::new()));
    // The first goes alone; what comes while its block is awaited shares the next transaction.
    let first = queue.submit(call("ping", "first")).unwrap();
    while node.state().mempool.is_empty() {
        tokio::task::yield_now().await;
    }
    let rest: Vec<_> = ["ping", "once", "once", "fail", "ping"]
        .iter()
        .enumerate()
        .map(|(index, name)| queue.submit(call(name, &index.to_string())).unwrap())
        .collect();
    let _node = node.clone().mines();
    first.await.unwrap();
    let outcomes = futures::future::join_all(rest).await;
    let refused = |outcome: &Result<_, _>, text: &str| matches!(outcome, Err(TxError::Contract { message }) if message == text);
    assert!(outcomes[0].is_ok() && outcomes[4].is_ok(), "{outcomes:?}");
    assert!(outcomes[1].is_ok() != outcomes[2].is_ok(), "{outcomes:?}");
    assert!(outcomes[1..=2].iter().any(|outcome| refused(outcome, "was done before")), "{outcomes:?}");
    assert!(refused(&outcomes[3], "refused as asked"), "{outcomes:?}");
    assert_eq!((effects(&node, "ping"), effects(&node, "once")), (3, 1));
    assert!(outcomes[0].as_ref().unwrap().events.len() == 1, "only its own events");
}

#[tokio::test]
async fn after_a_restart_what_was_sent_is_found_and_not_sent_again() {
    let node = FakeNode::start("test-1").await;
    let journal = Arc::new(MemoryJournal::new());
    let (queue, cancel) = start(&node, config(), journal.clone());
    let ticket = queue.submit(call("once", "one")).unwrap();
    while node.state().mempool.is_empty() {
        tokio::task::yield_now().await;
    }
    cancel.cancel();
    let cut_off = ticket.await;
    assert!(matches!(cut_off, Err(TxError::Unknown { .. })), "{cut_off:?}");
    assert_eq!(journal.unsettled().unwrap().len(), 1);

    let sent = node.state().broadcasts();
    let (queue, _cancel) = start(&node, config(), journal.clone());
    let ticket = queue.submit(call("once", "one")).unwrap();
    let _node = node.clone().mines();
    let result = ticket.await.unwrap();
    assert_eq!(effects(&node, "once"), 1);
    assert_eq!(node.state().broadcasts(), sent, "it was sent again");
    assert!(node.state().included.contains_key(&result.hash));
    assert!(journal.unsettled().unwrap().is_empty());
}

#[tokio::test]
async fn after_a_restart_what_was_lost_is_sent_once() {
    let node = FakeNode::start("test-1").await.mines();
    let journal = Arc::new(MemoryJournal::new());
    let lost = JournalEntry {
        hash: "AB".repeat(32),
        keys: vec!["one".to_owned()],
        sequence: 0,
        timeout_height: 120,
    };
    journal.record(&lost).unwrap();
    let (queue, _cancel) = start(&node, config(), journal.clone());
    queue.execute(call("once", "one")).await.unwrap();
    assert!(
        node.state().included.values().all(|(_, height, _)| *height > 120),
        "sent while the first was possible"
    );
    assert_eq!((effects(&node, "once"), node.state().broadcasts()), (1, 1));
    assert!(journal.unsettled().unwrap().is_empty());
}

struct FullDisk;

impl Journal for FullDisk {
    fn record(&self, _: &JournalEntry) -> Result<(), JournalError> {
        Err(JournalError("no space left on device".to_owned()))
    }
    fn settle(&self, _: &str, _: &JournalOutcome) -> Result<(), JournalError> {
        Ok(())
    }
    fn unsettled(&self) -> Result<Vec<JournalEntry>, JournalError> {
        Ok(vec![])
    }
}

#[tokio::test]
async fn without_a_journal_nothing_is_sent() {
    let node = FakeNode::start("test-1").await.mines();
    let (queue, _cancel) = start(&node, config(), Arc::new(FullDisk));
    let refused = queue.execute(call("ping", "one")).await;
    assert!(
        matches!(&refused, Err(TxError::Journal { detail }) if detail.contains("no space")),
        "{refused:?}"
    );
    assert_eq!(node.state().broadcasts(), 0);
}

#[tokio::test]
async fn an_unreachable_chain_answers_each_message_and_the_queue_lives_on() {
    let node = FakeNode::start("test-1").await.mines();
    let (queue, _cancel) = start(&node, config(), Arc::new(MemoryJournal::new()));
    node.fault(None, Fault::ServerError, 40);
    let refused = queue.execute(call("ping", "one")).await;
    assert!(matches!(refused, Err(TxError::Unreachable { .. })), "{refused:?}");
    node.state().faults.clear();
    queue.execute(call("ping", "two")).await.unwrap();
    assert_eq!(effects(&node, "ping"), 1);
}

#[tokio::test]
async fn a_chain_that_is_away_while_a_transaction_is_in_flight_is_waited_for() {
    let node = FakeNode::start("test-1").await;
    let (queue, _cancel) = start(&node, config(), Arc::new(MemoryJournal::new()));
    let ticket = queue.submit(call("ping", "one")).unwrap();
    while node.state().mempool.is_empty() {
        tokio::task::yield_now().await;
    }
    node.fault(None, Fault::ServerError, 3);
    let _node = node.clone().mines();
    ticket.await.unwrap();
    assert!(node.state().hits >= 3);
    assert_eq!(effects(&node, "ping"), 1);
}

#[tokio::test]
async fn a_full_queue_refuses_and_an_ended_one_too() {
    let node = FakeNode::start("test-1").await;
    let (queue, cancel) = start(&node, TxConfig { capacity: 2, ..config() }, Arc::new(MemoryJournal::new()));
    let tickets = [queue.submit(call("ping", "one")).unwrap(), queue.submit(call("ping", "two")).unwrap()];
    assert_eq!(queue.depth(), 2);
    assert!(matches!(queue.submit(call("ping", "three")), Err(TxError::QueueFull { capacity: 2 })));
    let _node = node.clone().mines();
    for ticket in tickets {
        ticket.await.unwrap();
    }
    queue.execute(call("ping", "four")).await.unwrap();
    cancel.cancel();
    assert!(matches!(queue.execute(call("ping", "five")).await, Err(TxError::Cancelled)));
    assert_eq!(effects(&node, "ping"), 3);
}

#[tokio::test]
async fn many_messages_share_few_transactions() {
    let node = FakeNode::start("test-1").await.mines();
    let (queue, _cancel) = start(&node, config(), Arc::new(MemoryJournal::new()));
    let tickets: Vec<_> = (0..300).map(|i| queue.submit(call("ping", &i.to_string())).unwrap()).collect();
    for ticket in tickets {
        assert_eq!(ticket.await.unwrap().events.len(), 1);
    }
    assert_eq!(effects(&node, "ping"), 300);
    let transactions = node.state().included.len();
    assert!(transactions <= 60, "{transactions} transactions");
}

#[tokio::test]
async fn failing_messages_among_many_are_answered_alone_and_the_rest_goes_through() {
    let node = FakeNode::start("test-1").await.mines();
    let (queue, _cancel) = start(&node, config(), Arc::new(MemoryJournal::new()));
    let name = |i: usize| if i % 7 == 3 { "fail" } else { "ping" };
    let tickets: Vec<_> = (0..120).map(|i| queue.submit(call(name(i), &i.to_string())).unwrap()).collect();
    for (i, outcome) in futures::future::join_all(tickets).await.into_iter().enumerate() {
        match outcome {
            Ok(result) => assert!(name(i) == "ping" && result.events.len() == 1, "{i}"),
            Err(TxError::Contract { message }) => {
                assert_eq!((name(i), message.as_str()), ("fail", "refused as asked"))
            }
            Err(other) => panic!("{i}: {other:?}"),
        }
    }
    assert_eq!(effects(&node, "ping"), (0..120).filter(|i| name(*i) == "ping").count());
    assert_eq!(effects(&node, "fail"), 0);
}
