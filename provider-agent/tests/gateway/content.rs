//! Chunks of carried content as a tenant sends them, and as somebody sends them who means harm.

use crate::bench::*;
use bytes::Bytes;
use content::{ContentId, Store, Tree, CHUNK_BYTES};
use gateway_api::*;
use http::{Method, StatusCode};
use std::fs::File;
use std::io::Write;

/// Content of three chunks that the lease carries, with its file.
struct Carried {
    _dir: tempfile::TempDir,
    tree: Tree,
    file: File,
}

impl Carried {
    fn new(bench: &Bench) -> Self {
        let bytes: Vec<u8> = (0..2 * CHUNK_BYTES + 9).map(|at| (at % 251) as u8).collect();
        let tree = Tree::of(&mut &bytes[..]).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut file =
            File::options().create_new(true).read(true).write(true).open(dir.path().join("a")).unwrap();
        file.write_all(&bytes).unwrap();
        let store = Store::open(dir.path().join("store")).unwrap();
        *bench.backend.content.lock().unwrap() = Some(store.begin(tree.content()).unwrap());
        Self { _dir: dir, tree, file }
    }

    fn frames(&self, chunks: &[u32]) -> Vec<u8> {
        let mut body = Vec::new();
        for index in chunks {
            let chunk = self.tree.chunk(&self.file, *index).unwrap().unwrap();
            ChunkFrame { index: *index, chunk }.encode(&mut body);
        }
        body
    }

    fn path(&self) -> String {
        content_path(LEASE, self.tree.content().id)
    }
}

fn have(answer: &Answer, carried: &Carried) -> Vec<u32> {
    answer.json::<ContentHave>().bitmap(carried.tree.content()).unwrap().iter().collect()
}

#[tokio::test]
async fn chunks_are_taken_in_any_order_and_what_came_is_not_sent_again() {
    let bench = Bench::new().await;
    let carried = Carried::new(&bench);
    let mut http = bench.http(&bench.tenant).await;
    let none = ask(&mut http, Method::GET, &carried.path(), "").await;
    assert!(have(&none, &carried).is_empty());
    let two = ask(&mut http, Method::PUT, &carried.path(), carried.frames(&[2, 0])).await;
    assert_eq!(have(&two, &carried), [0, 2]);
    let all = ask(&mut http, Method::PUT, &carried.path(), carried.frames(&[0, 1])).await;
    assert_eq!(have(&all, &carried), [0, 1, 2]);
    assert_eq!(*bench.backend.grew.lock().unwrap(), [false, true]);
}

#[tokio::test]
async fn what_does_not_prove_itself_is_refused_and_what_came_before_stays() {
    let bench = Bench::new().await;
    let carried = Carried::new(&bench);
    let good = carried.frames(&[1]);
    let mut spoilt = carried.frames(&[2]);
    *spoilt.last_mut().unwrap() ^= 1;
    let many = [good.clone(), carried.frames(&[0; MAX_CHUNKS_PER_REQUEST])].concat();
    for (body, expected) in [
        ([good.clone(), spoilt].concat(), "not chunk 2"),
        (good[..good.len() - 1].to_vec(), "not complete"),
        (u32::MAX.to_be_bytes().to_vec(), "too long"),
        (many, "more than 16 chunks"),
    ] {
        let answer = bench.ask(&bench.tenant, Method::PUT, &carried.path(), body).await;
        let Problem::ContentRefused { detail } = answer.problem() else { panic!("{answer:?}") };
        assert!(detail.contains(expected), "{expected}: {detail}");
    }
    let answer = bench.get(&bench.tenant, &carried.path()).await;
    assert_eq!(have(&answer, &carried), [0, 1]);
}

#[tokio::test]
async fn a_body_that_stands_still_is_not_waited_for() {
    let config = provider_agent::gateway::GatewayConfig {
        body_timeout: std::time::Duration::from_millis(300),
        ..Default::default()
    };
    let bench = Bench::with(config).await;
    let carried = Carried::new(&bench);
    let mut stream = bench.connect(&bench.tenant).await;
    let body = carried.frames(&[0]);
    let head =
        format!("PUT {} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", carried.path(), body.len());
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body[..1000]).await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = Vec::new();
    let reading = stream.read_to_end(&mut answer);
    // Closed without a word of farewell is closed as well.
    let _ = tokio::time::timeout(PATIENCE, reading).await.expect("the connection stays open");
    assert!(String::from_utf8_lossy(&answer).contains("body_too_slow"), "{answer:?}");
}

#[tokio::test]
async fn nobody_else_learns_of_it_and_other_content_is_not_taken() {
    let bench = Bench::new().await;
    let carried = Carried::new(&bench);
    let other = content_path(LEASE, ContentId([9; 32]));
    for path in [carried.path(), other.clone()] {
        for method in [Method::GET, Method::PUT] {
            let answer = bench.ask(&bench.stranger, method, &path, Bytes::new()).await;
            assert_eq!(answer.problem(), Problem::NotFound);
        }
    }
    for path in [other, format!("{}/nonsense", path("content"))] {
        let answer = bench.get(&bench.tenant, &path).await;
        assert!(matches!(answer.problem(), Problem::NoSuchContent { .. }), "{answer:?}");
    }
    let answer = bench.ask(&bench.tenant, Method::POST, &carried.path(), "").await;
    assert!(matches!(answer.problem(), Problem::MethodNotAllowed { .. }));
    assert_eq!(bench.get(&bench.tenant, &path("content")).await.status, StatusCode::OK);
}
