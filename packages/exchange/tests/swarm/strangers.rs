//! Who takes no part learns nothing, and who takes part no more is cut off.

use std::sync::Arc;

use bytes::Bytes;
use content::{ContentId, ContentRef};
use exchange::wire::{Answer, Request};
use exchange::{Config, Item};
use futures::{SinkExt, StreamExt};
use identity::{Identity, Role};

use crate::lab::*;

/// All that a node answers to a hello, until it ends the connection.
async fn answered(
    chain: &Chain,
    who: &Arc<Identity>,
    node: &Node,
    deployment: u64,
    item: Item,
) -> Vec<Bytes> {
    let mut connection = connect(chain, who, node).await;
    connection.send(Request::Hello { deployment, item }.encode()).await.unwrap();
    until_end(&mut connection).await
}

/// The first answer to a hello, on a connection that is kept.
async fn greeted(
    chain: &Chain,
    who: &Arc<Identity>,
    node: &Node,
    item: Item,
) -> (Frames<tokio_rustls::client::TlsStream<tokio::net::TcpStream>>, Answer) {
    let mut connection = connect(chain, who, node).await;
    connection.send(Request::Hello { deployment: DEPLOYMENT, item }.encode()).await.unwrap();
    let first = patiently("an answer", connection.next()).await.unwrap().unwrap();
    (connection, Answer::decode(first.freeze()).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_and_former_and_foreign_participants_get_one_answer_whatever_exists() {
    let chain = Arc::new(Chain::default());
    let node = Node::start(&chain, "node").await;
    let content = node.import(&bytes(2));
    node.join(&chain, [content]);
    let manifest = Bytes::from_static(b"[{\"name\":\"web\"}]");
    node.has_manifest(&manifest);

    let stranger = chain.account("stranger", Role::Tenant);
    let former = chain.account("former", Role::Provider);
    chain.join(DEPLOYMENT, participant(&former, None));
    chain.leave(DEPLOYMENT, former.account());
    let foreign = chain.account("foreign", Role::Provider);
    const OTHER: u64 = 8;
    chain.join(OTHER, participant(&foreign, None));
    // Takes part as a provider; the same account as a tenant does not.
    let tenant = chain.account("tenant", Role::Tenant);
    chain.join(DEPLOYMENT, participant(&tenant, None));

    let absent = ContentRef { id: ContentId([9; 32]), size: 1_000_000 };
    let items = [
        Item::Content(content),
        Item::Content(absent),
        Item::Manifest { version: version(&manifest) },
        Item::Manifest { version: [9; 32] },
    ];
    let refused = vec![Answer::Refused.encode()];
    for who in [&stranger, &former, &foreign] {
        for deployment in [DEPLOYMENT, OTHER, 999] {
            for item in items {
                let answer = answered(&chain, who, &node, deployment, item).await;
                assert_eq!(answer, refused, "{} {deployment} {item}", who.account());
            }
        }
    }
    // A participant asks for a deployment that it takes no part in, and for one that this node takes no part in.
    for deployment in [OTHER, 999] {
        assert_eq!(answered(&chain, &tenant, &node, deployment, items[0]).await, refused);
    }
    let (_, answer) = greeted(&chain, &tenant, &node, items[0]).await;
    assert!(matches!(answer, Answer::Welcome { .. }));
    let (_, answer) = greeted(&chain, &tenant, &node, items[1]).await;
    assert_eq!(
        answer,
        Answer::Welcome { have: Bytes::from_static(&[0]) },
        "a participant may know what is not here"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn content_of_another_deployment_is_not_given_out_in_this_one() {
    let chain = Arc::new(Chain::default());
    let node = Node::start(&chain, "node").await;
    let other = node.import(&bytes(1));
    // In the store, but nothing of this deployment carries it.
    node.join(&chain, []);
    let tenant = chain.account("tenant", Role::Tenant);
    chain.join(DEPLOYMENT, participant(&tenant, None));
    let (mut connection, answer) = greeted(&chain, &tenant, &node, Item::Content(other)).await;
    assert_eq!(answer, Answer::Welcome { have: Bytes::from_static(&[0]) });
    connection.send(Request::Get { piece: 0 }.encode()).await.unwrap();
    let answer = patiently("an answer", connection.next()).await.unwrap().unwrap();
    assert_eq!(Answer::decode(answer.freeze()).unwrap(), Answer::Missing { piece: 0 });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_ends_when_its_peer_takes_no_part_any_more() {
    let chain = Arc::new(Chain::default());
    let node = Node::start(&chain, "node").await;
    let content = node.import(&bytes(2));
    node.join(&chain, [content]);
    let peer = chain.account("peer", Role::Provider);
    chain.join(DEPLOYMENT, participant(&peer, None));
    let (mut connection, answer) = greeted(&chain, &peer, &node, Item::Content(content)).await;
    assert!(matches!(answer, Answer::Welcome { .. }));
    chain.leave(DEPLOYMENT, peer.account());
    assert!(until_end(&mut connection).await.is_empty());
    let refused = vec![Answer::Refused.encode()];
    assert_eq!(answered(&chain, &peer, &node, DEPLOYMENT, Item::Content(content)).await, refused);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_has_so_many_connections_and_no_more() {
    let chain = Arc::new(Chain::default());
    let config = Config { max_connections_per_account: 2, ..config() };
    let node = Node::start_with(&chain, "node", config, tempfile::tempdir().unwrap()).await;
    let content = node.import(&bytes(1));
    node.join(&chain, [content]);
    let (one, two) = (chain.account("one", Role::Provider), chain.account("two", Role::Provider));
    for who in [&one, &two] {
        chain.join(DEPLOYMENT, participant(who, None));
    }
    let item = Item::Content(content);
    let (first, _) = greeted(&chain, &one, &node, item).await;
    let (_second, _) = greeted(&chain, &one, &node, item).await;
    assert_eq!(greeted(&chain, &one, &node, item).await.1, Answer::Busy);
    assert!(
        matches!(greeted(&chain, &two, &node, item).await.1, Answer::Welcome { .. }),
        "others have their own"
    );
    drop(first);
    patiently("a place is free again", async {
        while greeted(&chain, &one, &node, item).await.1 == Answer::Busy {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
