//! The wire format against arbitrary bytes and arbitrary messages.

use bytes::Bytes;
use content::{Chunk, ContentId, ContentRef, MAX_CONTENT_BYTES, MAX_PATH};
use exchange::wire::{Answer, Request};
use exchange::Item;
use proptest::prelude::*;

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        any::<[u8; 32]>().prop_map(|version| Item::Manifest { version }),
        (any::<[u8; 32]>(), 0..=MAX_CONTENT_BYTES)
            .prop_map(|(id, size)| Item::Content(ContentRef { id: ContentId(id), size })),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    prop_oneof![
        (any::<u64>(), item()).prop_map(|(deployment, item)| Request::Hello { deployment, item }),
        any::<u32>().prop_map(|piece| Request::Get { piece }),
        Just(Request::Ping),
    ]
}

fn answer() -> impl Strategy<Value = Answer> {
    let bytes = prop::collection::vec(any::<u8>(), 0..300);
    prop_oneof![
        bytes.clone().prop_map(|have| Answer::Welcome { have: have.into() }),
        Just(Answer::Refused),
        Just(Answer::Busy),
        prop::collection::vec(any::<u32>(), 1..50).prop_map(|pieces| Answer::Have { pieces }),
        (any::<u32>(), prop::collection::vec(any::<[u8; 32]>(), 0..=MAX_PATH), bytes)
            .prop_map(|(piece, path, data)| Answer::Piece { piece, chunk: Chunk { data, path } }),
        any::<u32>().prop_map(|piece| Answer::Missing { piece }),
        Just(Answer::Pong),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_message_survives_its_frame(request in request(), answer in answer()) {
        prop_assert_eq!(Request::decode(request.encode()).unwrap(), request);
        prop_assert_eq!(Answer::decode(answer.encode()).unwrap(), answer);
    }

    #[test]
    fn arbitrary_bytes_are_a_message_of_exactly_these_bytes_or_an_error(
        kind in prop_oneof![0u8..5, 128u8..137], rest in prop::collection::vec(any::<u8>(), 0..120)
    ) {
        let frame = Bytes::from([&[kind][..], &rest].concat());
        if let Ok(request) = Request::decode(frame.clone()) {
            prop_assert_eq!(request.encode(), frame.clone());
        }
        if let Ok(answer) = Answer::decode(frame.clone()) {
            prop_assert_eq!(answer.encode(), frame);
        }
    }
}
