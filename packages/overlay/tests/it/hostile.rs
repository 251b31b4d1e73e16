//! A peer whose certificates are sound, and whose frames are not.

use identity::{RootStatus, Side};
use overlay::State;

use crate::forge::*;
use crate::support::*;

/// Frames as a hostile caller may send them: any payload, any kind, in any order.
fn nonsense(seed: usize) -> Vec<Vec<u8>> {
    let bytes = pattern(400 + seed);
    let mut frames = Vec::new();
    let mut rest = &bytes[..];
    while let [length, kind, more @ ..] = rest {
        let length = usize::from(*length % 64).min(more.len());
        let (payload, more) = more.split_at(length);
        frames.push([payload, &[kind % 16]].concat());
        rest = more;
    }
    frames
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_without_sense_end_their_carrier_and_harm_no_other() {
    let pair = Pair::of_callee(config()).await;
    pair.target(echo().await);
    let forge = Forge::new();
    pair.chain.say_of(CALLER, forge.fingerprint(), RootStatus::Active);
    // Each kind alone, and then mixtures.
    let each = (0..=255_u8).step_by(5).chain(0..16).map(|kind| vec![vec![kind], vec![1, 2, kind], vec![]]);
    let sequences: Vec<Vec<Vec<u8>>> = each.chain((0..40).map(nonsense)).collect();
    for frames in sequences {
        let config = client(forge.chain(), &forge.leaf_key, overlay::ALPN);
        let mut carrier = enter(pair.callee.gateway, config, label()).await.expect("it is trusted");
        for frame in &frames {
            if carrier.send(frame).await.is_err() {
                break;
            }
        }
    }
    until("their carriers have ended", || pair.callee.status().state != State::Up).await;
    // The honest caller, whose root is another one.
    pair.caller.overlay.set(vec![spec(Side::From, &pair.callee, CONNECTION)]);
    let mut stream = pair.connect().await;
    within("an echo", ping(&mut stream)).await.unwrap();
}
