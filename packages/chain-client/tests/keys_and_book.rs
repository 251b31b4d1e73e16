//! Files that hold keys and addresses.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;

use chain_client::address_book::{self, AddressBook, ContractEntry};
use chain_client::keys::generate_mnemonic;
use chain_client::{BookError, GasPrice, KeyError, KeyFile, LocalKey, Passphrase, Signer};
use secrecy::{ExposeSecret, SecretString};

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

fn none() -> Passphrase {
    Passphrase::None { hint: "set X".to_owned() }
}

#[test]
fn the_address_is_the_one_that_wallets_derive() {
    let key = LocalKey::from_mnemonic(&secret(WORDS), "cosmos").unwrap();
    assert_eq!(key.address(), "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4");
    assert_eq!(key.public_key().len(), 33);
}

#[tokio::test]
async fn signatures_are_64_bytes_and_the_same_each_time() {
    let key = LocalKey::from_mnemonic(&secret(WORDS), "wasm").unwrap();
    let (first, second) = (key.sign(b"x").await.unwrap(), key.sign(b"x").await.unwrap());
    assert_eq!((first.len(), &first), (64, &second));
    assert_ne!(first, key.sign(b"y").await.unwrap());
}

#[test]
fn a_mnemonic_that_is_none_is_refused_without_being_repeated() {
    for wrong in ["", "hello", &WORDS.replace("about", "abandon"), &WORDS.replace("about", "zzzz")] {
        let error = LocalKey::from_mnemonic(&secret(wrong), "wasm").unwrap_err();
        assert!(matches!(error, KeyError::Mnemonic(_)));
        assert!(!error.to_string().contains("abandon"), "{error}");
    }
    for prefix in ["", "Wasm", "w asm", "1"] {
        assert!(
            matches!(LocalKey::from_mnemonic(&secret(WORDS), prefix), Err(KeyError::Prefix(_))),
            "{prefix:?}"
        );
    }
}

#[test]
fn a_plain_key_file_is_for_its_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys/operator.json");
    let made = KeyFile::create(&path, &secret(WORDS), "wasm", None).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(KeyFile::load(&path, &none()).unwrap().address(), made.address());
    assert!(!KeyFile::inspect(&path).unwrap().encrypted);

    for mode in [0o640, 0o604, 0o660, 0o644, 0o610] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let error = KeyFile::load(&path, &none()).unwrap_err();
        assert!(matches!(error, KeyError::Permissions { .. }), "{mode:o}: {error}");
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    let again = KeyFile::create(&path, &generate_mnemonic().unwrap(), "wasm", None);
    assert!(matches!(again, Err(KeyError::Exists { .. })), "{again:?}");
}

#[test]
fn an_encrypted_key_file_opens_with_its_passphrase_from_each_source() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key.json");
    let made = KeyFile::create(&path, &secret(WORDS), "wasm", Some(&secret("open sesame"))).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains("BEGIN AGE ENCRYPTED FILE") && !text.contains("abandon"), "{text}");
    let info = KeyFile::inspect(&path).unwrap();
    assert!(info.encrypted);
    assert_eq!(info.address, made.address());

    let file = dir.path().join("passphrase");
    std::fs::write(&file, "open sesame\n").unwrap();
    let asked = Arc::new(AtomicU32::new(0));
    let counter = asked.clone();
    let prompt = Passphrase::Prompt(Arc::new(move |_: &Path| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok(SecretString::from("open sesame".to_owned()))
    }));
    for source in [Passphrase::Given(secret("open sesame")), Passphrase::File(file), prompt] {
        assert_eq!(KeyFile::load(&path, &source).unwrap().address(), made.address(), "{source:?}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);

    let wrong = KeyFile::load(&path, &Passphrase::Given(secret("close sesame"))).unwrap_err();
    assert!(matches!(wrong, KeyError::WrongPassphrase { .. }), "{wrong}");
    let missing = KeyFile::load(&path, &none()).unwrap_err();
    assert!(matches!(&missing, KeyError::NoPassphrase { hint, .. } if hint == "set X"), "{missing}");
    let unset = KeyFile::load(&path, &Passphrase::Environment("NO_SUCH_VARIABLE".to_owned())).unwrap_err();
    assert!(unset.to_string().contains("NO_SUCH_VARIABLE"), "{unset}");
}

#[test]
fn damaged_key_files_are_refused_and_never_quoted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key.json");
    KeyFile::create(&path, &secret(WORDS), "wasm", None).unwrap();
    let good = std::fs::read_to_string(&path).unwrap();
    let other = LocalKey::from_mnemonic(&generate_mnemonic().unwrap(), "wasm").unwrap();
    let own = LocalKey::from_mnemonic(&secret(WORDS), "wasm").unwrap();
    let damaged = [
        String::new(),
        good.replace("\"schema\": 1", "\"schema\": 2"),
        good.replace(own.address(), other.address()),
        good.replace("\"mnemonic\"", "\"words\""),
        good[..good.len() / 2].to_owned(),
        format!("{WORDS}\n"),
    ];
    for text in damaged {
        assert_ne!(text, good);
        std::fs::write(&path, &text).unwrap();
        let error = KeyFile::load(&path, &none()).unwrap_err();
        assert!(matches!(error, KeyError::File { .. }), "{error}");
        assert!(!error.to_string().contains("abandon"), "{error}");
    }
    let nowhere = KeyFile::load(&dir.path().join("none.json"), &none()).unwrap_err();
    assert!(matches!(nowhere, KeyError::Missing { .. }), "{nowhere}");
}

#[test]
fn nothing_prints_a_secret() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key.json");
    let mnemonic = generate_mnemonic().unwrap();
    let key = KeyFile::create(&path, &mnemonic, "wasm", None).unwrap();
    let shown = format!("{key:?} {key} {mnemonic:?} {:?}", Passphrase::Given(mnemonic.clone()));
    for word in mnemonic.expose_secret().split(' ').filter(|word| word.len() > 6) {
        assert!(!shown.contains(word), "{shown}");
    }
}

fn book() -> AddressBook {
    let entry = |n: u64| ContractEntry {
        address: format!("wasm1{n}"),
        code_id: n,
        sha256: "ab".to_owned(),
        version: "0.1.0".to_owned(),
        store_tx: "T1".to_owned(),
        instantiate_tx: "T2".to_owned(),
        migrations: vec![],
    };
    AddressBook {
        schema: address_book::SCHEMA,
        chain_id: "test-1".to_owned(),
        rpc: vec!["http://127.0.0.1:26657".to_owned()],
        bech32_prefix: "wasm".to_owned(),
        gas_price: GasPrice::new("uakash", "0.025").unwrap(),
        sdl_denoms: BTreeMap::from([("uakt".to_owned(), "uakash".to_owned())]),
        commit: "abc".to_owned(),
        contracts: BTreeMap::from([(address_book::MARKET.to_owned(), entry(1))]),
        transactions: BTreeMap::from([("wire".to_owned(), "T3".to_owned())]),
        deployed_at: "2026-01-02T03:04:05Z".to_owned(),
    }
}

#[test]
fn a_book_of_before_versions_and_migrations_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("old.json");
    let mut book = book();
    book.transactions.clear();
    book.contracts.values_mut().for_each(|entry| entry.version.clear());
    book.save(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    for key in ["version", "migrations", "transactions"] {
        assert!(!text.contains(key), "{text}");
    }
    assert_eq!(AddressBook::load(&path).unwrap(), book);
}

#[test]
fn an_address_book_survives_being_written_and_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("deployments/local.json");
    book().save(&path).unwrap();
    assert_eq!(AddressBook::load(&path).unwrap(), book());
    let value: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert_eq!(value["gas_price"], serde_json::json!({ "denom": "uakash", "amount": "0.025" }));
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "something was left behind");
    assert_eq!(book().address(address_book::MARKET).unwrap(), "wasm11");
    let missing = book().address(address_book::STAKING).unwrap_err();
    assert!(matches!(missing, BookError::NoContract { .. }), "{missing}");
}

#[test]
fn a_wrong_address_book_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("local.json");
    let absent = AddressBook::discover(Some(&path)).unwrap_err();
    assert!(absent.to_string().contains("scripts/deploy"), "{absent}");
    let good = serde_json::to_string(&book()).unwrap();
    for (from, to) in [
        ("\"schema\":1", "\"schema\":9"),
        ("\"chain_id\":\"test-1\"", "\"chain_id\":\"\""),
        ("[\"http://127.0.0.1:26657\"]", "[]"),
        ("\"commit\"", "\"comit\""),
        ("0.025", "0,025"),
    ] {
        let wrong = good.replace(from, to);
        assert_ne!(wrong, good, "{from}");
        std::fs::write(&path, wrong).unwrap();
        let error = AddressBook::load(&path).unwrap_err();
        assert!(matches!(error, BookError::Invalid { .. }), "{from}: {error}");
    }
    let old = AddressBook { chain_id: String::new(), ..book() };
    std::fs::write(&path, &good).unwrap();
    assert!(old.save(&path).is_err());
    assert_eq!(AddressBook::load(&path).unwrap(), book(), "a refused save left the old file");
}
