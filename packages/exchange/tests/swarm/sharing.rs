//! What honest peers bring about together, with some that fail.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

use bytes::Bytes;
use content::Store;
use exchange::wire::{Answer, Request};
use exchange::{Fetched, Item, Progress};
use tokio::sync::watch;

use crate::lab::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_get_it_from_one_and_from_each_other_and_the_next_without_the_first() {
    let chain = Arc::new(Chain::default());
    let seed = Node::start(&chain, "seed").await;
    let data = bytes(20);
    let content = seed.import(&data);
    seed.join(&chain, [content]);
    let mut peers = Vec::new();
    for n in 0..6 {
        let peer = Node::start(&chain, &format!("peer{n}")).await;
        peer.join(&chain, [content]);
        peers.push(peer);
    }
    futures::future::join_all(peers.iter().map(|peer| peer.fetch_content(content))).await;
    for peer in &peers {
        assert!(peer.bytes(content) == data, "what {} has is the content", peer.account());
    }

    // The first is gone from the machine and from the chain.
    chain.leave(DEPLOYMENT, seed.account());
    seed.stop().await;
    let late = Node::start(&chain, "late").await;
    late.join(&chain, [content]);
    late.fetch_content(content).await;
    assert!(late.bytes(content) == data);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_to_a_peer_later_is_told_to_those_who_wait_for_it() {
    let chain = Arc::new(Chain::default());
    let (first, second) = (Node::start(&chain, "first").await, Node::start(&chain, "second").await);
    let data = bytes(6);
    let content = {
        let elsewhere = tempfile::tempdir().unwrap();
        Store::open(elsewhere.path()).unwrap().import(&mut &data[..]).unwrap()
    };
    let manifest = Bytes::from_static(b"[]");
    let item = Item::Manifest { version: version(&manifest) };
    first.join(&chain, [content]);
    second.join(&chain, [content]);
    let progress = watch::Sender::new(Progress::default());
    let mut watched = progress.subscribe();
    let fetching = second.exchange.fetch(DEPLOYMENT, item, &progress);
    let sending = async {
        // Connected to one who has nothing yet.
        patiently("they are connected", watched.wait_for(|p| p.connected == 1)).await.unwrap();
        first.has_manifest(&manifest);
    };
    let (fetched, ()) = patiently("the manifest", futures::future::join(fetching, sending)).await;
    assert_eq!(fetched.unwrap(), Fetched::Manifest(manifest));

    let progress = watch::Sender::new(Progress::default());
    let mut watched = progress.subscribe();
    let fetching = second.exchange.fetch(DEPLOYMENT, Item::Content(content), &progress);
    let sending = async {
        patiently("they are connected", watched.wait_for(|p| p.connected == 1)).await.unwrap();
        first.import(&data);
        first.exchange.announce();
    };
    let (fetched, ()) = patiently("the content", futures::future::join(fetching, sending)).await;
    fetched.unwrap();
    assert!(second.bytes(content) == data);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_came_before_a_break_is_kept() {
    let chain = Arc::new(Chain::default());
    let seed = Node::start(&chain, "seed").await;
    let data = bytes(16);
    let content = seed.import(&data);
    chain.join(DEPLOYMENT, seed.participant());
    // Gives three chunks out and then nothing more.
    let left = AtomicU32::new(3);
    let entry = seed.exchange.store().get(content).unwrap().unwrap();
    let stingy = scripted(&chain, "stingy", move |request| match request {
        None => Some(vec![welcome(16)]),
        Some(Request::Get { piece }) => {
            let give = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
            let chunk = entry.chunk(piece).unwrap().unwrap();
            Some(if give { vec![Answer::Piece { piece, chunk }.encode()] } else { vec![] })
        }
        Some(_) => Some(vec![]),
    })
    .await;
    chain.join(DEPLOYMENT, stingy);

    // The seed does not say that it has the content, because it does not carry it yet.
    let peer = Node::start(&chain, "peer").await;
    peer.join(&chain, [content]);
    {
        let progress = watch::Sender::new(Progress::default());
        let mut watched = progress.subscribe();
        let fetching = peer.exchange.fetch(DEPLOYMENT, Item::Content(content), &progress);
        let cut = patiently("three chunks came", watched.wait_for(|p| p.done == 3));
        tokio::select! {
            _ = fetching => panic!("only three chunks were given out"),
            cut = cut => { cut.unwrap(); }
        }
    }
    assert_eq!(peer.exchange.store().get(content).unwrap().unwrap().have().count(), 3);
    chain.leave(DEPLOYMENT, peer.account());
    let dir = peer.stop().await;

    // Another process on the same disk, and a peer that has the rest.
    let again = Node::start_with(&chain, "again", config(), dir).await;
    assert_eq!(again.exchange.store().get(content).unwrap().unwrap().have().count(), 3);
    again.join(&chain, [content]);
    seed.join(&chain, [content]);
    again.fetch_content(content).await;
    assert!(again.bytes(content) == data);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peers_that_are_dead_or_die_midway_are_replaced() {
    let chain = Arc::new(Chain::default());
    let seed = Node::start(&chain, "seed").await;
    let data = bytes(12);
    let content = seed.import(&data);
    let entry = seed.exchange.store().get(content).unwrap().unwrap();
    // Greets and says nothing more; ends after a chunk; is not there at all.
    let silent = scripted(&chain, "silent", |request| {
        Some(if request.is_none() { vec![welcome(12)] } else { vec![] })
    })
    .await;
    let dying = scripted(&chain, "dying", move |request| match request {
        None => Some(vec![welcome(12)]),
        Some(Request::Get { piece }) if piece % 2 == 0 => {
            let chunk = entry.chunk(piece).unwrap().unwrap();
            Some(vec![Answer::Piece { piece, chunk }.encode()])
        }
        Some(Request::Get { .. }) => None,
        Some(_) => Some(vec![]),
    })
    .await;
    let absent = {
        let (_listener, endpoint) = listen().await;
        participant(&chain.account("absent", identity::Role::Provider), Some(endpoint))
    };
    for one in [silent, dying, absent] {
        chain.join(DEPLOYMENT, one);
    }
    let peer = Node::start(&chain, "peer").await;
    peer.join(&chain, [content]);
    let progress = watch::Sender::new(Progress::default());
    let mut watched = progress.subscribe();
    let fetching = peer.exchange.fetch(DEPLOYMENT, Item::Content(content), &progress);
    let helping = async {
        patiently("something came or failed", watched.wait_for(|p| p.done > 0 || p.problem.is_some()))
            .await
            .unwrap();
        seed.join(&chain, [content]);
    };
    let (fetched, ()) = patiently("the content", futures::future::join(fetching, helping)).await;
    fetched.unwrap();
    assert!(peer.bytes(content) == data);
    assert!(progress.borrow().bad.is_empty(), "dead is not bad: {:?}", progress.borrow().bad);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunk_that_spoils_on_a_peers_disk_is_not_given_out() {
    let chain = Arc::new(Chain::default());
    let (good, worn) = (Node::start(&chain, "good").await, Node::start(&chain, "worn").await);
    let data = bytes(4);
    let content = good.import(&data);
    worn.import(&data);
    let path = worn.exchange.store().get(content).unwrap().unwrap().file().unwrap();
    let mut spoilt = data.clone();
    spoilt[300_000] ^= 1;
    std::fs::write(&path, spoilt).unwrap();
    let peer = Node::start(&chain, "peer").await;
    for node in [&worn, &good, &peer] {
        node.join(&chain, [content]);
    }
    let progress = peer.fetch_content(content).await;
    assert!(peer.bytes(content) == data);
    assert!(
        progress.bad.is_empty(),
        "an honest peer with a bad disk sends nothing wrong: {:?}",
        progress.bad
    );
    // And it gets from the others what it lost, once it has noticed.
    worn.exchange.store().get(content).unwrap().unwrap().prove().unwrap();
    worn.fetch_content(content).await;
    assert!(worn.bytes(content) == data);
}
