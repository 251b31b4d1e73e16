//! The manifest that a peer or a tenant sends. What is read is exactly what was sent, and can be used.
#![no_main]

use libfuzzer_sys::fuzz_target;
use manifest::Manifest;

fuzz_target!(|bytes: &[u8]| {
    match Manifest::from_canonical_json(bytes) {
        Ok(manifest) => {
            assert_eq!(manifest.to_canonical_json(), bytes);
            manifest.needs();
            manifest.connections();
            manifest.contents();
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
