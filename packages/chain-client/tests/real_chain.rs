//! Against a real node: set AKASH_TEST_RPC to the RPC endpoint of a chain that scripts/localnet started. The account
//! `faucet` of scripts/chain/accounts.txt pays; every test makes keys of its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chain_client::keys::generate_mnemonic;
use chain_client::{
    broadcast, Client, ClientConfig, Event, GasPrice, Journal, LocalKey, MemoryJournal, Message, Msg,
    QueryError, Signer, TxConfig, TxError, TxQueue,
};
use cloud_std::Money;
use secrecy::SecretString;
use serde_json::json;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

const WASM: &[u8] = include_bytes!("contract/contract.wasm");
const ACCOUNTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/chain/accounts.txt");
const DENOM: &str = "uakash";
const PREFIX: &str = "wasm";

/// One key, one sequence: tests that run side by side take turns.
static FAUCET: Mutex<()> = Mutex::const_new(());

struct Chain {
    client: Client,
    rpc: String,
}

/// None, with a note, when no chain is given.
async fn chain() -> Option<Chain> {
    let Ok(rpc) = std::env::var("AKASH_TEST_RPC") else {
        println!("skipped: AKASH_TEST_RPC is not set (scripts/localnet start; scripts/localnet env)");
        return None;
    };
    // The chain's own name: any client refuses a node of another chain, so ask without one.
    let probe = Client::with_config(ClientConfig::new("unknown", vec![rpc.clone()])).unwrap();
    let refusal = probe.status().await.unwrap_err().to_string();
    let chain_id = refusal.split("it serves chain \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    Some(Chain { client: Client::new(&chain_id, std::slice::from_ref(&rpc)).unwrap(), rpc })
}

fn config() -> TxConfig {
    TxConfig::new(GasPrice::new(DENOM, "0.025").unwrap())
}

fn new_key() -> Arc<LocalKey> {
    Arc::new(LocalKey::from_mnemonic(&generate_mnemonic().unwrap(), PREFIX).unwrap())
}

impl Chain {
    async fn faucet(&self, msgs: Vec<Msg>) -> chain_client::TxResult {
        let _turn = FAUCET.lock().await;
        let accounts = std::fs::read_to_string(ACCOUNTS).unwrap();
        let words = accounts.lines().find_map(|line| line.strip_prefix("faucet ")).unwrap();
        let key = LocalKey::from_mnemonic(&SecretString::from(words.to_owned()), PREFIX).unwrap();
        broadcast(&self.client, Arc::new(key), config(), msgs).await.unwrap()
    }

    async fn funded(&self, amount: u128) -> Arc<LocalKey> {
        let key = new_key();
        self.faucet(vec![Msg::send(key.address(), Money::new(DENOM, amount))]).await;
        key
    }

    async fn contract(&self) -> String {
        let stored = self.faucet(vec![Msg::store_code(WASM.to_vec())]).await;
        let code_id = stored.code_id().unwrap();
        let msg = Msg::instantiate(code_id, "test", &json!({}), vec![], None).unwrap();
        self.faucet(vec![msg]).await.contract_address().unwrap().to_owned()
    }

    fn queue(
        &self,
        key: Arc<LocalKey>,
        config: TxConfig,
    ) -> (TxQueue, Arc<MemoryJournal>, CancellationToken) {
        let journal = Arc::new(MemoryJournal::new());
        let cancel = CancellationToken::new();
        let (queue, _task) =
            TxQueue::start(self.client.clone(), key, config, journal.clone(), cancel.clone());
        (queue, journal, cancel)
    }
}

fn call(contract: &str, name: &str, key: impl Into<String>) -> Message {
    Message::new(contract, &json!({ name: {} }), vec![], key).unwrap()
}

fn pings(events: &[Event]) -> usize {
    events.iter().filter(|event| event.kind == "ping_answered").count()
}

#[tokio::test]
async fn a_transaction_is_found_in_its_block_with_hash_gas_and_events() {
    let Some(chain) = chain().await else { return };
    let contract = chain.contract().await;
    let key = chain.funded(10_000_000).await;
    let ping = Msg::execute(&contract, &json!({ "ping": {} }), vec![]).unwrap();
    let result = broadcast(&chain.client, key.clone(), config(), vec![ping.clone(), ping]).await.unwrap();

    assert_eq!(pings(&result.events), 2);
    let event = result.event("ping_answered").unwrap();
    assert_eq!((event.contract.as_str(), event.parse::<u64>("ping_id")), (contract.as_str(), Some(7)));
    assert!(result.gas_used > 0 && result.gas_used <= result.gas_wanted);

    let found = chain.client.tx(&result.hash).await.unwrap().unwrap();
    assert_eq!((found.height, found.hash), (result.height, result.hash));
    let block = chain.client.block(result.height).await.unwrap();
    let mine: Vec<_> = block.events.into_iter().filter(|event| event.contract == contract).collect();
    assert_eq!(pings(&mine), 2);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(block.time.abs_diff(now) < 60, "{} is not now", block.time);
    assert!(chain.client.tx(&"0".repeat(64)).await.unwrap().is_none());

    let account = chain.client.account(key.address()).await.unwrap();
    assert_eq!(account.sequence, 1);
    let fee = config().gas_price.fee(result.gas_wanted);
    let left = chain.client.balance(key.address(), DENOM).await.unwrap();
    assert_eq!(left, Money::new(DENOM, 10_000_000 - fee));
}

#[tokio::test]
async fn queries_tell_an_answer_from_a_refusal_and_from_absence() {
    let Some(chain) = chain().await else { return };
    let contract = chain.contract().await;
    let client = &chain.client;
    let newest = client.latest_height().await.unwrap();
    let (answer, height): (bool, u64) =
        client.query_at(None, &contract, &json!({ "ping": {} })).await.unwrap();
    assert!(answer && height >= newest);
    let (_, at): (bool, u64) =
        client.query_at(Some(newest), &contract, &json!({ "ping": {} })).await.unwrap();
    assert_eq!(at, newest);

    let missing = client.query::<bool>(&contract, &json!({ "missing": {} })).await.unwrap_err();
    assert!(missing.is_not_found() && !missing.is_unknown(), "{missing}");
    let refused = client.query::<bool>(&contract, &json!({ "other": {} })).await.unwrap_err();
    assert!(
        matches!(&refused, QueryError::Contract { message, .. } if message.contains("refused as asked")),
        "{refused}"
    );
    assert!(!refused.is_unknown());

    // A wrong address says nothing about what the right one would have answered.
    let nowhere = new_key();
    let wrong = client.query::<bool>(nowhere.address(), &json!({ "ping": {} })).await.unwrap_err();
    assert!(wrong.is_unknown() && matches!(wrong, QueryError::Chain { .. }), "{wrong}");
    let future = client.query_at::<bool>(Some(newest + 100_000), &contract, &json!({ "ping": {} })).await;
    assert!(matches!(future, Err(QueryError::NoSuchHeight { .. })), "{future:?}");
    let above = client.block(newest + 100_000).await.unwrap_err();
    assert!(above.is_not_found(), "{above}");
    assert!(client.account(nowhere.address()).await.unwrap_err().is_not_found());
    assert_eq!(client.balance(nowhere.address(), DENOM).await.unwrap(), Money::new(DENOM, 0u128));
    assert_eq!(client.raw(&contract, b"done").await.unwrap(), None);
    assert!(client.wait_for_height(newest + 2, Duration::from_secs(30)).await.unwrap() >= newest + 2);
}

#[tokio::test]
async fn a_message_that_fails_alone_does_not_touch_the_others() {
    let Some(chain) = chain().await else { return };
    let contract = chain.contract().await;
    let (queue, journal, _cancel) = chain.queue(chain.funded(100_000_000).await, config());
    let names = ["ping", "fail", "ping", "ping", "fail", "ping"];
    let tickets: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(index, name)| (*name, queue.submit(call(&contract, name, format!("{name}/{index}"))).unwrap()))
        .collect();
    for (name, ticket) in tickets {
        match (name, ticket.await) {
            ("ping", Ok(result)) => assert_eq!(pings(&result.events), 1, "only its own events"),
            ("fail", Err(TxError::Contract { message })) => assert_eq!(message, "refused as asked"),
            (name, other) => panic!("{name}: {other:?}"),
        }
    }
    assert!(journal.unsettled().unwrap().is_empty());
    assert_eq!(queue.depth(), 0);
}

#[tokio::test]
async fn a_batch_that_fails_as_a_whole_is_taken_apart() {
    let Some(chain) = chain().await else { return };
    let contract = chain.contract().await;
    let key = chain.funded(100_000_000).await;
    let (queue, _journal, _cancel) = chain.queue(key.clone(), config());
    // Both `once` pass their simulation, and the second fails when they share a block.
    let mut tickets = vec![queue.submit(call(&contract, "ping", "warm-up")).unwrap()];
    for index in 0..4 {
        tickets.push(queue.submit(call(&contract, "ping", format!("ping/{index}"))).unwrap());
    }
    let once = [
        queue.submit(call(&contract, "once", "once/1")).unwrap(),
        queue.submit(call(&contract, "once", "once/2")).unwrap(),
    ];
    for ticket in tickets {
        assert_eq!(pings(&ticket.await.unwrap().events), 1);
    }
    let outcomes = futures::future::join_all(once).await;
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = outcomes
        .iter()
        .filter(|o| matches!(o, Err(TxError::Contract { message }) if message == "was done before"))
        .count();
    assert_eq!((done, refused), (1, 1), "{outcomes:?}");
    assert_eq!(chain.client.raw(&contract, b"done").await.unwrap().as_deref(), Some(b"done".as_slice()));
}

#[tokio::test]
async fn the_same_purpose_submitted_twice_is_one_transaction() {
    let Some(chain) = chain().await else { return };
    let contract = chain.contract().await;
    let key = chain.funded(10_000_000).await;
    let (queue, _journal, _cancel) = chain.queue(key.clone(), config());
    let first = queue.submit(call(&contract, "once", "same")).unwrap();
    let second = queue.submit(call(&contract, "once", "same")).unwrap();
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert_eq!(first.hash, second.hash);
    assert_eq!(chain.client.account(key.address()).await.unwrap().sequence, 1);
}

#[tokio::test]
async fn money_errors_name_what_to_change() {
    let Some(chain) = chain().await else { return };
    let contract = chain.contract().await;
    let ping = Msg::execute(&contract, &json!({ "ping": {} }), vec![]).unwrap();

    let never_funded = broadcast(&chain.client, new_key(), config(), vec![ping.clone()]).await;
    assert!(matches!(never_funded, Err(TxError::EmptyWallet { .. })), "{never_funded:?}");
    let nearly_empty = broadcast(&chain.client, chain.funded(100).await, config(), vec![ping.clone()]).await;
    assert!(matches!(nearly_empty, Err(TxError::EmptyWallet { .. })), "{nearly_empty:?}");

    let key = chain.funded(10_000_000).await;
    let cheap = TxConfig::new(GasPrice::new(DENOM, "0.001").unwrap());
    match broadcast(&chain.client, key.clone(), cheap, vec![ping.clone()]).await {
        Err(TxError::InsufficientFees { price_to_set, .. }) => assert_eq!(price_to_set, "0.025uakash"),
        other => panic!("{other:?}"),
    }
    // Refused before it cost anything: the sequence did not move, and the next one goes through.
    assert_eq!(chain.client.account(key.address()).await.unwrap().sequence, 0);
    broadcast(&chain.client, key, config(), vec![ping]).await.unwrap();
}

#[tokio::test]
async fn a_sequence_used_by_somebody_else_is_adopted() {
    let Some(chain) = chain().await else { return };
    let contract = chain.contract().await;
    let key = chain.funded(50_000_000).await;
    let (queue, _journal, _cancel) = chain.queue(key.clone(), config());
    queue.execute(call(&contract, "ping", "one")).await.unwrap();
    // The same key in another process.
    let ping = Msg::execute(&contract, &json!({ "ping": {} }), vec![]).unwrap();
    broadcast(&chain.client, key.clone(), config(), vec![ping]).await.unwrap();
    queue.execute(call(&contract, "ping", "two")).await.unwrap();
    assert_eq!(chain.client.account(key.address()).await.unwrap().sequence, 3);
}

#[tokio::test]
async fn a_dead_endpoint_costs_a_moment_and_nothing_else() {
    let Some(chain) = chain().await else { return };
    let contract = chain.contract().await;
    let endpoints = vec!["http://127.0.0.1:9".to_owned(), chain.rpc.clone()];
    let client = Client::new(chain.client.chain_id(), &endpoints).unwrap();
    let started = Instant::now();
    assert!(client.query::<bool>(&contract, &json!({ "ping": {} })).await.unwrap());
    assert!(started.elapsed() < Duration::from_secs(6));
}

#[tokio::test]
async fn atomic_messages_take_effect_together_or_not_at_all() {
    let Some(chain) = chain().await else { return };
    let contract = chain.contract().await;
    let key = chain.funded(50_000_000).await;
    let (queue, _journal, cancel) = chain.queue(key.clone(), config());
    let message = |name: &str| Msg::execute(&contract, &json!({ name: {} }), vec![]).unwrap();
    let refused = queue.execute_atomic(vec![message("once"), message("fail")], "both").await;
    assert!(matches!(refused, Err(TxError::Contract { .. })), "{refused:?}");
    assert_eq!(chain.client.raw(&contract, b"done").await.unwrap(), None);
    let done = queue.execute_atomic(vec![message("once"), message("ping")], "both").await.unwrap();
    assert_eq!(pings(&done.events), 2);

    cancel.cancel();
    while queue.submit(call(&contract, "ping", "late")).is_ok_and(|_| true) {
        tokio::task::yield_now().await;
    }
    let late = queue.execute(call(&contract, "ping", "late")).await;
    assert!(matches!(late, Err(TxError::Cancelled)), "{late:?}");
}

/// The bar of `scripts/bench agent`: batched, at most 1.2 times as long as a plain loop that signs with a known gas
/// and awaits nothing but the check. Run with AKASH_TEST_BULK=1000.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_messages_are_batched() {
    let Some(chain) = chain().await else { return };
    let count: usize = std::env::var("AKASH_TEST_BULK").ok().and_then(|n| n.parse().ok()).unwrap_or(150);
    let contract = chain.contract().await;
    let key = chain.funded(10_000_000_000).await;
    let (queue, _journal, _cancel) = chain.queue(key.clone(), config());
    let started = Instant::now();
    let tickets: Vec<_> =
        (0..count).map(|i| queue.submit(call(&contract, "ping", format!("ping/{i}"))).unwrap()).collect();
    let mut hashes = std::collections::BTreeSet::new();
    for ticket in tickets {
        let result = ticket.await.unwrap();
        assert_eq!(pings(&result.events), 1);
        hashes.insert(result.hash);
    }
    println!("{count} messages in {} transactions, {:.2?}", hashes.len(), started.elapsed());
    assert!(hashes.len() <= count.div_ceil(10), "{} transactions are no batching", hashes.len());
    assert_eq!(chain.client.account(key.address()).await.unwrap().sequence, hashes.len() as u64);
}
