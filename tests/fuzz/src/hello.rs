//! The first bytes of a connection to the gateway's port, before it is known who answers it. What was read is given
//! back as it was.
#![no_main]

use futures::executor::block_on;
use libfuzzer_sys::fuzz_target;
use overlay::Hello;

fuzz_target!(|bytes: &[u8]| {
    let mut stream = bytes;
    if let Ok(hello) = block_on(Hello::read(&mut stream)) {
        let _ = hello.is_tunnel();
    }
});
