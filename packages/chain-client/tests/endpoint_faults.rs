//! What endpoints that are not well do to a client: an error that says "unknown", in bounded time, or an answer from
//! the next endpoint.

#[allow(dead_code)]
mod fake;

use std::time::{Duration, Instant};

use chain_client::{Client, ClientConfig, QueryError};
use fake::{FakeNode, Fault};
use serde_json::json;

const ALL: [Fault; 10] = [
    Fault::Garbage,
    Fault::Html,
    Fault::ServerError,
    Fault::WrongShape,
    Fault::Trickle,
    Fault::HugeAnnounced,
    Fault::HugeStreamed,
    Fault::Hang,
    Fault::LostBefore,
    Fault::LostAfter,
];
const DEADLINE: Duration = Duration::from_millis(2500);

fn client(nodes: &[&FakeNode]) -> Client {
    let rpc = nodes.iter().map(|node| node.url.clone()).collect();
    let config =
        ClientConfig { deadline: DEADLINE, body_cap: 1024 * 1024, ..ClientConfig::new("test-1", rpc) };
    Client::with_config(config).unwrap()
}

async fn ask(client: &Client) -> Result<bool, QueryError> {
    client.query("wasm1c", &json!({ "ping": {} })).await
}

#[tokio::test]
async fn every_fault_of_the_only_endpoint_is_unknown_and_ends_in_time() {
    let each = ALL.map(|fault| async move {
        let node = FakeNode::start("test-1").await;
        node.fault(Some("abci_query"), fault, 1);
        let client = client(&[&node]);
        let started = Instant::now();
        let error = ask(&client).await.unwrap_err();
        assert!(error.is_unknown() && !error.is_not_found(), "{fault:?}: {error}");
        assert!(started.elapsed() < DEADLINE * 2, "{fault:?} took {:?}", started.elapsed());
        assert_eq!(node.state().hits, 1, "{fault:?} was not met");
        // Alone, a demoted endpoint is still asked: it may be well again.
        assert!(ask(&client).await.unwrap(), "{fault:?}");
    });
    futures::future::join_all(each).await;
}

#[tokio::test]
async fn every_fault_is_answered_by_the_next_endpoint_and_demotes() {
    let each = ALL.map(|fault| async move {
        let (first, second) = (FakeNode::start("test-1").await, FakeNode::start("test-1").await);
        first.fault(None, fault, u32::MAX);
        let client = client(&[&first, &second]);
        assert!(ask(&client).await.unwrap(), "{fault:?}");
        assert!(first.state().hits > 0, "{fault:?} was not met");
        let calls = first.state().calls.len();
        assert!(ask(&client).await.unwrap(), "{fault:?}");
        assert_eq!(first.state().calls.len(), calls, "{fault:?}: the demoted endpoint was asked first again");
    });
    futures::future::join_all(each).await;
}

#[tokio::test]
async fn a_node_of_another_chain_is_asked_for_nothing() {
    let other = FakeNode::start("other-1").await;
    let error = ask(&client(&[&other])).await.unwrap_err();
    assert!(error.is_unknown());
    let text = error.to_string();
    assert!(text.contains("other-1") && text.contains("test-1"), "{text}");
    assert_eq!(other.state().calls, ["status"]);

    let right = FakeNode::start("test-1").await;
    assert!(ask(&client(&[&other, &right])).await.unwrap());
}

#[tokio::test]
async fn an_answer_older_than_what_was_seen_is_refused() {
    let (fresh, stale) = (FakeNode::start("test-1").await, FakeNode::start("test-1").await);
    fresh.state().height = 200;
    let client = client(&[&fresh, &stale]);
    assert_eq!(client.latest_height().await.unwrap(), 200);
    fresh.fault(None, Fault::ServerError, 1);
    let error = ask(&client).await.unwrap_err();
    assert!(error.is_unknown() && error.to_string().contains("height 100, while height 200"), "{error}");
    // The same node rolled back, or another one behind its name.
    fresh.state().height = 150;
    assert!(client.latest_height().await.unwrap_err().is_unknown());
    fresh.state().height = 201;
    assert_eq!(client.latest_height().await.unwrap(), 201);
}

#[tokio::test]
async fn an_endpoint_that_stands_still_is_left_for_one_that_moves() {
    let (stuck, moving) = (FakeNode::start("test-1").await, FakeNode::start("test-1").await.mines());
    let rpc = vec![stuck.url.clone(), moving.url.clone()];
    let config = ClientConfig { stall: Duration::from_millis(100), ..ClientConfig::new("test-1", rpc) };
    let client = Client::with_config(config).unwrap();
    assert_eq!(client.latest_height().await.unwrap(), 100);
    assert!(client.wait_for_height(110, Duration::from_secs(20)).await.unwrap() >= 110);
}

#[tokio::test]
async fn nobody_listening_is_unknown_and_says_where() {
    let closed = "http://127.0.0.1:9".to_owned();
    let client = Client::new("test-1", std::slice::from_ref(&closed)).unwrap();
    let error = ask(&client).await.unwrap_err();
    assert!(
        matches!(error, QueryError::Unreachable { .. }) && error.to_string().contains(&closed),
        "{error}"
    );
    let waited = client.wait_for_height(1, Duration::from_millis(300)).await.unwrap_err();
    assert!(matches!(waited, QueryError::Timeout { .. }) && waited.is_unknown(), "{waited}");
}

#[tokio::test]
async fn passwords_in_an_endpoint_are_not_shown() {
    let rpc = vec!["http://user:hunter2@127.0.0.1:9/token-xyz?key=abc".to_owned()];
    let client = Client::new("test-1", &rpc).unwrap();
    let text = ask(&client).await.unwrap_err().to_string();
    assert!(text.contains("127.0.0.1:9"), "{text}");
    for secret in ["hunter2", "token-xyz", "abc"] {
        assert!(!text.contains(secret) && !format!("{client:?}").contains(secret), "{text}");
    }
}

#[test]
fn endpoints_that_are_no_urls_are_refused_with_what_is_accepted() {
    for wrong in ["", "localhost:26657", "ftp://x", "http://", "::"] {
        let error = Client::new("test-1", &[wrong.to_owned()]).unwrap_err();
        assert!(matches!(error, QueryError::BadConfig { .. }), "{wrong:?}: {error}");
    }
    assert!(Client::new("test-1", &[]).is_err());
    assert!(Client::new("", &["http://127.0.0.1:1".to_owned()]).is_err());
    assert!(Client::new("test-1", &["tcp://127.0.0.1:1".to_owned()]).is_ok());
}

#[tokio::test]
async fn a_block_has_the_events_of_begin_succeeded_transactions_and_end_in_that_order() {
    let node = FakeNode::start("test-1").await;
    let client = client(&[&node]);
    let block = client.block(7).await.unwrap();
    let kinds: Vec<_> = block.events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["at_begin", "in_tx", "at_end"]);
    assert_eq!((block.height, block.time), (7, 1_767_323_045));
    assert!(client.block(101).await.unwrap_err().is_not_found());
}
