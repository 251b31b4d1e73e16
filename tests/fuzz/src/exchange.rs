//! The frames of the exchange, of both directions. What is read is written again as it was.
#![no_main]

use bytes::Bytes;
use exchange::wire::{Answer, Request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let frame = Bytes::copy_from_slice(bytes);
    if let Ok(request) = Request::decode(frame.clone()) {
        assert_eq!(request.encode(), frame);
    }
    if let Ok(answer) = Answer::decode(frame.clone()) {
        assert_eq!(answer.encode(), frame);
    }
});
