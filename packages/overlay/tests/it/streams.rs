//! What a workload sees of a tunnel: nothing.

use crate::support::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Around the sizes of records, batches and buffers, and in between.
const SIZES: [usize; 15] = [
    0, 1, 2, 63, 4096, 16_367, 16_368, 16_369, 32_736, 65_536, 523_776, 523_777, 524_512, 1_048_577,
    5_000_000,
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_arrive_exactly_and_half_closes_are_carried() {
    let pair = Pair::new(config()).await;
    pair.target(echo().await);
    for size in SIZES {
        let sent = pattern(size);
        let mut stream = pair.connect().await;
        let (mut read, mut write) = stream.split();
        let mut got = Vec::new();
        let both = async {
            tokio::join!(
                async {
                    write.write_all(&sent).await.unwrap();
                    // The target answers on until it has seen this end.
                    write.shutdown().await.unwrap();
                },
                async { read.read_to_end(&mut got).await.unwrap() }
            )
        };
        within("the echo ends", both).await;
        assert!(got == sent, "{size} bytes came back changed: {} of them", got.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_ends_first_still_hears_the_caller() {
    let pair = Pair::new(config()).await;
    let (address, listener) = held().await;
    pair.target(address);
    let mut caller = pair.connect().await;
    let (mut target, _) = within("the target is reached", listener.accept()).await.unwrap();
    target.write_all(b"all I have").await.unwrap();
    target.shutdown().await.unwrap();
    let mut got = Vec::new();
    within("the end arrives", caller.read_to_end(&mut got)).await.unwrap();
    assert_eq!(got, b"all I have");
    let sent = pattern(700_000);
    caller.write_all(&sent).await.unwrap();
    caller.shutdown().await.unwrap();
    let mut got = Vec::new();
    within("the rest arrives", target.read_to_end(&mut got)).await.unwrap();
    assert!(got == sent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_run_beside_each_other_and_a_stalled_one_holds_up_none() {
    let pair = Pair::new(config()).await;
    pair.target(echo().await);
    // Fills every buffer on the way and reads nothing.
    let mut stalled = pair.connect().await;
    let filling = async {
        loop {
            stalled.write_all(&[1; 65_536]).await.unwrap();
        }
    };
    let others = async {
        let mut tasks = Vec::new();
        for size in 0..40 {
            let mut stream = pair.connect().await;
            tasks.push(tokio::spawn(async move {
                let sent = pattern(size * 9_999);
                let (mut read, mut write) = stream.split();
                let mut got = Vec::new();
                let (_, read) = tokio::join!(
                    async {
                        write.write_all(&sent).await.unwrap();
                        write.shutdown().await.unwrap();
                    },
                    read.read_to_end(&mut got)
                );
                read.unwrap();
                assert!(got == sent);
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    };
    tokio::select! {
        () = filling => {}
        () = within("the others end", others) => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn carriers_are_used_again() {
    let pair = Pair::new(config()).await;
    pair.target(echo().await);
    for _ in 0..100 {
        let mut stream = pair.connect().await;
        within("an echo", ping(&mut stream)).await.unwrap();
        stream.shutdown().await.unwrap();
        assert_eq!(within("the end", stream.read(&mut [0; 8])).await.unwrap(), 0);
    }
    let status = pair.caller.status();
    assert_eq!((status.streams, status.resets, status.failed), (100, 0, 0));
    assert!(status.handshakes < 50, "{} handshakes for 100 streams", status.handshakes);
}

async fn reset(stream: &mut TcpStream) {
    let mut rest = Vec::new();
    let error = within("the reset", stream.read_to_end(&mut rest)).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_goes_through_both_ways_and_spares_the_carrier() {
    let pair = Pair::new(config()).await;
    let (address, listener) = held().await;
    pair.target(address);
    for from_caller in [true, false].repeat(10) {
        let mut caller = pair.connect().await;
        caller.write_all(b"x").await.unwrap();
        let (mut target, _) = within("the target is reached", listener.accept()).await.unwrap();
        target.read_exact(&mut [0]).await.unwrap();
        let (breaks, mut hears) = if from_caller { (caller, target) } else { (target, caller) };
        breaks.set_zero_linger().unwrap();
        drop(breaks);
        reset(&mut hears).await;
    }
    until("both ends count the resets", || {
        pair.caller.status().resets == 20 && pair.callee.status().resets == 20
    })
    .await;
    let handshakes = pair.caller.status().handshakes;
    assert!(handshakes < 20, "{handshakes} handshakes for 20 streams");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_target_the_stream_is_reset() {
    let pair = Pair::new(config()).await;
    assert!(resets(pair.address).await);
    until("it is counted", || pair.callee.status().failed == 1).await;
    // One that does not listen is told to the host, and the next one is tried.
    let (closed, listener) = held().await;
    drop(listener);
    *pair.callee.targets.addresses.lock().unwrap() = vec![closed, echo().await];
    let mut stream = pair.connect().await;
    within("an echo", ping(&mut stream)).await.unwrap();
    assert_eq!(*pair.callee.targets.unreachable.lock().unwrap(), [closed]);
}
