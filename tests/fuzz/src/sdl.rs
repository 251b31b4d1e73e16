//! The file that a tenant wrote. Whatever it holds, reading ends with a manifest or with errors; a manifest keeps its
//! version on the way through its canonical form, and every error says where and what.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use manifest::{Manifest, Terms};

fuzz_target!(|source: &[u8]| {
    let sdl = match manifest::parse("deploy.yaml", source) {
        Ok(sdl) => sdl,
        Err(errors) => {
            assert!(!errors.to_string().is_empty());
            return;
        }
    };
    let compiled = sdl.manifest();
    let canonical = compiled.to_canonical_json();
    let read = Manifest::from_canonical_json(&canonical).expect("what was written can be read");
    assert_eq!(read, compiled);
    assert_eq!(read.version(), compiled.version());
    for term in [1, 86_400, u64::MAX] {
        let terms = Terms {
            term,
            bid_window: 60,
            fallback: false,
            denom_map: BTreeMap::from([("uakt".to_owned(), "uakash".to_owned())]),
            min_stake: 0,
        };
        if let Err(errors) = sdl.orders(&terms) {
            assert!(!errors.to_string().is_empty());
        }
    }
});
