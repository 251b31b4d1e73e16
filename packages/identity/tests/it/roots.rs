//! Roots on disk, and on the chain.

use crate::forge::*;
use cosmwasm_std::testing::MockApi;
use cosmwasm_std::Addr;
use identity::{
    Fingerprint, Identity, Role, Root, RootError, DEFAULT_ROOT_VALIDITY, ROOT_CERT_FILE, ROOT_KEY_FILE,
};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

#[test]
fn what_was_saved_is_loaded_and_its_key_is_nobody_elses() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("roots/first");
    let root = Root::generate(TENANT, DEFAULT_ROOT_VALIDITY).unwrap();
    root.save(&dir).unwrap();
    let mode = |file: &str| fs::metadata(dir.join(file)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(ROOT_KEY_FILE), 0o600);
    let loaded = Root::load(&dir).unwrap();
    assert_eq!(loaded.fingerprint(), root.fingerprint());
    assert_eq!(loaded.der(), root.der());
    assert_eq!(loaded.to_pem(), fs::read_to_string(dir.join(ROOT_CERT_FILE)).unwrap());
    assert_eq!(loaded.fingerprint(), Fingerprint::of(root.der()));
    // The loaded key really signs.
    Identity::new(loaded, CHAIN, Role::Tenant).unwrap();

    assert!(matches!(root.save(&dir), Err(RootError::Exists { .. })), "never overwritten");
    fs::set_permissions(dir.join(ROOT_KEY_FILE), fs::Permissions::from_mode(0o640)).unwrap();
    let error = Root::load(&dir).unwrap_err();
    assert!(matches!(error, RootError::KeyReadableByOthers { mode: 0o640, .. }), "{error}");
    assert!(error.to_string().contains("chmod 600"));
}

#[test]
fn files_that_are_no_root_are_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    assert!(matches!(Root::load(&one), Err(RootError::File { .. })));
    Root::generate(TENANT, DEFAULT_ROOT_VALIDITY).unwrap().save(&one).unwrap();
    Root::generate(TENANT, DEFAULT_ROOT_VALIDITY).unwrap().save(&two).unwrap();
    fs::copy(two.join(ROOT_CERT_FILE), one.join(ROOT_CERT_FILE)).unwrap();
    assert!(matches!(Root::load(&one), Err(RootError::KeyMismatch { .. })));
    fs::write(one.join(ROOT_CERT_FILE), "not a certificate").unwrap();
    assert!(matches!(Root::load(&one), Err(RootError::Content { .. })));
    fs::write(two.join(ROOT_KEY_FILE), "not a key").unwrap();
    let error = Root::load(&two).unwrap_err();
    assert!(matches!(error, RootError::Content { .. }), "{error}");
    assert!(!error.to_string().contains("not a key\n"), "what is in a key file is never printed");
}

#[test]
fn only_accounts_have_roots_and_only_for_a_while() {
    for given in ["", "tenant", "Wasm1tenant00000", "wasm1TENANT000", "wasm1 tenant0000"] {
        assert!(
            matches!(Root::generate(given, DEFAULT_ROOT_VALIDITY), Err(RootError::Account { .. })),
            "{given:?}"
        );
    }
    for seconds in [0, 10 * 366 * 24 * 3600 + 1] {
        let validity = Duration::from_secs(seconds);
        assert!(matches!(Root::generate(TENANT, validity), Err(RootError::Validity { .. })), "{seconds}");
    }
}

/// The same bytes go through the check that the chain makes.
#[test]
fn the_chain_accepts_a_root_from_its_first_second_to_the_longest_validity() {
    let api = MockApi::default();
    for seconds in [600, DEFAULT_ROOT_VALIDITY.as_secs(), registry_api::limits::MAX_ROOT_VALIDITY_SECONDS] {
        let root = Root::generate(TENANT, Duration::from_secs(seconds)).unwrap();
        for at in [now() as u64, now() as u64 - 60, root.not_after()] {
            let verified =
                provider_registry::certificate::verify(&api, &Addr::unchecked(TENANT), at, root.der());
            let verified = verified.unwrap_or_else(|e| panic!("{seconds} s, at {at}: {e}"));
            assert_eq!(verified.not_after, root.not_after());
            assert_eq!(verified.not_before, root.not_before());
        }
        let other = Addr::unchecked(STRANGER);
        assert!(provider_registry::certificate::verify(&api, &other, now() as u64, root.der()).is_err());
    }
}
