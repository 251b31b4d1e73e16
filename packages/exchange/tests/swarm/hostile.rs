//! Peers that lie, and frames that are out of place.

use std::sync::Arc;

use bytes::{BufMut, Bytes, BytesMut};
use content::{Chunk, ContentRef};
use exchange::wire::{Answer, Request, MAX_ANSWER_BYTES};
use exchange::{Item, Progress};
use futures::SinkExt;
use identity::Role;
use tokio::io::AsyncWriteExt;
use tokio::sync::watch;

use crate::lab::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_sends_bad_chunks_is_named_and_the_content_is_right() {
    let chain = Arc::new(Chain::default());
    let seed = Node::start(&chain, "seed").await;
    let data = bytes(10);
    let content = seed.import(&data);
    let entry = seed.exchange.store().get(content).unwrap().unwrap();
    let liar = scripted(&chain, "liar", move |request| match request {
        None => Some(vec![welcome(10)]),
        Some(Request::Get { piece }) => {
            let mut chunk = entry.chunk(piece).unwrap().unwrap();
            chunk.data[100] ^= 1;
            Some(vec![Answer::Piece { piece, chunk }.encode()])
        }
        Some(_) => Some(vec![]),
    })
    .await;
    chain.join(DEPLOYMENT, liar.clone());
    let peer = Node::start(&chain, "peer").await;
    peer.join(&chain, [content]);
    let progress = watch::Sender::new(Progress::default());
    let mut watched = progress.subscribe();
    let fetching = peer.exchange.fetch(DEPLOYMENT, Item::Content(content), &progress);
    let helping = async {
        let named = |p: &Progress| p.bad.iter().any(|bad| bad.account == liar.account);
        patiently("the liar is named", watched.wait_for(named)).await.unwrap();
        assert!(
            peer.exchange.store().get(content).unwrap().unwrap().have().is_empty(),
            "nothing of it is kept"
        );
        seed.join(&chain, [content]);
    };
    let (fetched, ()) = patiently("the content", futures::future::join(fetching, helping)).await;
    fetched.unwrap();
    assert!(peer.bytes(content) == data);
    let bad = progress.borrow().bad.clone();
    assert_eq!(bad.len(), 1, "{bad:?}");
    assert_eq!(bad[0].account, liar.account);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_manifest_of_another_version_is_not_taken() {
    let chain = Arc::new(Chain::default());
    let right = Bytes::from_static(b"[{\"name\":\"right\"}]");
    let liar = scripted(&chain, "liar", |request| match request {
        None => Some(vec![welcome(1)]),
        Some(Request::Get { piece }) => {
            let chunk = Chunk { data: b"[{\"name\":\"wrong\"}]".to_vec(), path: vec![] };
            Some(vec![Answer::Piece { piece, chunk }.encode()])
        }
        Some(_) => Some(vec![]),
    })
    .await;
    chain.join(DEPLOYMENT, liar.clone());
    let (honest, peer) = (Node::start(&chain, "honest").await, Node::start(&chain, "peer").await);
    peer.join(&chain, []);
    honest.has_manifest(&right);
    let progress = watch::Sender::new(Progress::default());
    let mut watched = progress.subscribe();
    let item = Item::Manifest { version: version(&right) };
    let fetching = peer.exchange.fetch(DEPLOYMENT, item, &progress);
    let helping = async {
        let named = |p: &Progress| p.bad.iter().any(|bad| bad.account == liar.account);
        patiently("the liar is named", watched.wait_for(named)).await.unwrap();
        honest.join(&chain, []);
    };
    let (fetched, ()) = patiently("the manifest", futures::future::join(fetching, helping)).await;
    assert_eq!(fetched.unwrap(), exchange::Fetched::Manifest(right));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_answers_out_of_place_is_named_and_not_asked_again() {
    let chain = Arc::new(Chain::default());
    let seed = Node::start(&chain, "seed").await;
    let data = bytes(3);
    let content = seed.import(&data);
    let chunk = |piece| seed.exchange.store().get(content).unwrap().unwrap().chunk(piece).unwrap().unwrap();
    let piece = |piece, of| Answer::Piece { piece, chunk: chunk(of) }.encode();
    let raw = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
    let mut too_long = BytesMut::new();
    too_long.put_bytes(133, MAX_ANSWER_BYTES + 1);
    let greetings: Vec<(&str, Vec<Bytes>)> = vec![
        ("a piece before a greeting", vec![piece(0, 0)]),
        ("a list of another length", vec![raw(&[129, 1, 1])]),
        ("a list of pieces beyond the end", vec![raw(&[129, 0xff])]),
        ("an empty frame", vec![raw(&[])]),
        ("no answer at all", vec![raw(&[1, 2, 3])]),
        ("two greetings", vec![welcome(3), welcome(3)]),
        ("a piece that nobody asked for", vec![raw(&[129, 0]), piece(0, 0)]),
        ("an answer to no ping", vec![raw(&[129, 0]), Answer::Pong.encode()]),
        ("a piece beyond the end", vec![raw(&[129, 0]), Answer::Have { pieces: vec![3] }.encode()]),
        ("a piece told twice", vec![raw(&[129, 1]), Answer::Have { pieces: vec![0] }.encode()]),
        ("half a number", vec![raw(&[129, 0]), raw(&[132, 0, 0, 0])]),
        ("a refusal after a greeting", vec![raw(&[129, 0]), Answer::Refused.encode()]),
        ("a frame that is too long", vec![raw(&[129, 0]), too_long.freeze()]),
    ];
    for (what, frames) in greetings {
        named(what, content, move |request| Some(if request.is_none() { frames.clone() } else { vec![] }))
            .await;
    }
    let to_gets: Vec<(&str, Bytes)> = vec![
        ("another piece than was asked for", piece(1, 1)),
        ("another chunk under the right number", piece(0, 1)),
        ("the lack of another piece", Answer::Missing { piece: 2 }.encode()),
    ];
    for (what, frame) in to_gets {
        named(what, content, move |request| match request {
            // Has the first piece only, so that it is asked for that.
            None => Some(vec![Bytes::from_static(&[129, 1])]),
            Some(Request::Get { .. }) => Some(vec![frame.clone()]),
            Some(_) => Some(vec![]),
        })
        .await;
    }
}

/// Fetches from nobody but a liar until it is named.
async fn named(
    what: &str,
    content: ContentRef,
    answers: impl Fn(Option<Request>) -> Option<Vec<Bytes>> + Send + Sync + 'static,
) {
    let chain = Arc::new(Chain::default());
    let liar = scripted(&chain, "liar", answers).await;
    chain.join(DEPLOYMENT, liar.clone());
    let peer = Node::start(&chain, "peer").await;
    peer.join(&chain, [content]);
    let progress = watch::Sender::new(Progress::default());
    let mut watched = progress.subscribe();
    let named = watched.wait_for(|p| p.bad.iter().any(|bad| bad.account == liar.account));
    tokio::select! {
        _ = peer.exchange.fetch(DEPLOYMENT, Item::Content(content), &progress) => {
            panic!("{what}: there is nobody to have it from")
        }
        named = patiently(what, named) => { named.unwrap(); }
    }
    assert!(
        peer.exchange.store().get(content).unwrap().unwrap().have().is_empty(),
        "{what}: nothing is kept"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_out_of_place_loses_the_connection_and_nobody_else_is_disturbed() {
    let chain = Arc::new(Chain::default());
    let node = Node::start(&chain, "node").await;
    let data = bytes(3);
    let content = node.import(&data);
    node.join(&chain, [content]);
    let hostile = chain.account("hostile", Role::Provider);
    chain.join(DEPLOYMENT, participant(&hostile, None));
    let hello = Request::Hello { deployment: DEPLOYMENT, item: Item::Content(content) }.encode();
    let cut = hello.slice(..hello.len() - 1);
    let mut long = BytesMut::from(&hello[..]);
    long.put_u8(0);
    let raw = |bytes: &[u8]| Bytes::copy_from_slice(bytes);
    let cases: Vec<(&str, Vec<Bytes>)> = vec![
        ("a get before the hello", vec![Request::Get { piece: 0 }.encode()]),
        ("a ping before the hello", vec![Request::Ping.encode()]),
        ("two hellos", vec![hello.clone(), hello.clone()]),
        ("a hello that is cut", vec![cut]),
        ("a hello with something behind it", vec![long.freeze()]),
        ("an empty frame", vec![raw(&[])]),
        ("an answer", vec![hello.clone(), Answer::Pong.encode()]),
        ("a number that is cut", vec![hello.clone(), raw(&[2, 0, 0])]),
        ("a frame that is too long", vec![hello.clone(), raw(&[3; 100])]),
        (
            "content that is too large",
            vec![{
                let item = Item::Content(ContentRef { size: u64::MAX, ..content });
                Request::Hello { deployment: DEPLOYMENT, item }.encode()
            }],
        ),
    ];
    for (what, frames) in cases {
        let mut connection = connect(&chain, &hostile, &node).await;
        for frame in frames {
            // The node may have ended the connection already.
            let _ = connection.send(frame).await;
        }
        let answers = until_end(&mut connection).await;
        let harmless =
            answers.iter().all(|a| matches!(Answer::decode(a.clone()), Ok(Answer::Welcome { .. })));
        assert!(harmless, "{what}: {answers:?}");
    }
    // A length of four thousand million, and nothing behind it.
    let mut connection = connect(&chain, &hostile, &node).await;
    connection.get_mut().write_all(&[0xff; 8]).await.unwrap();
    assert!(until_end(&mut connection).await.is_empty());

    let peer = Node::start(&chain, "peer").await;
    peer.join(&chain, [content]);
    peer.fetch_content(content).await;
    assert!(peer.bytes(content) == data);
}
