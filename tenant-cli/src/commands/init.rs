//! `akash init`: everything that a home needs, in one step that can be repeated.

use serde::Serialize;

use super::cert;
use crate::cli::InitArgs;
use crate::error::{Kind, Result};
use crate::output::{facts, Answer};
use crate::session::Session;
use crate::{keystore, roots};

#[derive(Serialize)]
struct Initialised {
    home: String,
    key: String,
    address: String,
    encrypted: bool,
    /// The recovery phrase of a key that was made now; it is shown this once.
    mnemonic: Option<String>,
    address_book: String,
    chain_id: String,
    root: RootState,
}

#[derive(Serialize)]
struct RootState {
    fingerprint: String,
    published: bool,
    /// Why it is not published.
    reason: Option<String>,
}

pub async fn run(session: &Session, args: InitArgs) -> Result<Answer> {
    let book_path = session.address_book_path()?;
    let book_path = std::path::absolute(&book_path).unwrap_or(book_path);
    let book = &session.chain()?.book;
    let name = session.key_name().to_owned();

    let there = keystore::inspect(&session.home, &name);
    let (address, encrypted, mnemonic) = match there {
        Ok(info) if !args.recover => (info.address, info.encrypted, None),
        Err(error) if error.kind != Kind::NotFound => return Err(error),
        // With --recover an existing key is refused rather than taken for the one meant.
        _ => {
            let made = keystore::create(
                &session.home,
                &name,
                &book.bech32_prefix,
                args.recover,
                args.no_passphrase,
            )?;
            let mnemonic = made.mnemonic.as_ref().map(|words| keystore::reveal(words).to_owned());
            (chain_client::Signer::address(&made.key).to_owned(), made.encrypted, mnemonic)
        }
    };
    let mut config = session.config.clone();
    config.key = Some(name.clone());
    config.address_book = Some(book_path.clone());
    if let Some(node) = &session.global.node {
        config.node = Some(node.clone());
    }
    session.home.save_config(&config)?;

    let root = match roots::current(&session.home, &address)? {
        Some(root) => root,
        None => roots::create(&session.home, &address)?,
    };
    let mut state = RootState { fingerprint: root.fingerprint().to_hex(), published: false, reason: None };
    if args.no_publish {
        state.reason = Some("--no-publish was given".to_owned());
    } else {
        match cert::publish_if_needed(session, &root).await {
            Ok(_) => state.published = true,
            // The home is set up all the same: what is missing can be done later.
            Err(error) => state.reason = Some(error.message),
        }
    }
    let done = Initialised {
        home: session.home.dir().display().to_string(),
        key: name,
        address,
        encrypted,
        mnemonic,
        address_book: book_path.display().to_string(),
        chain_id: book.chain_id.clone(),
        root: state,
    };
    let text = text(&done, &book.gas_price.denom);
    Ok(Answer::new(done, text))
}

fn text(done: &Initialised, denom: &str) -> String {
    let published = if done.root.published { "on the chain" } else { "not published" };
    let mut out = facts(&[
        ("home", done.home.clone()),
        ("chain", done.chain_id.clone()),
        ("key", format!("{} ({})", done.key, if done.encrypted { "encrypted" } else { "not encrypted" })),
        ("address", done.address.clone()),
        ("root", format!("{} ({published})", done.root.fingerprint)),
    ]);
    if let Some(mnemonic) = &done.mnemonic {
        out.push_str(&format!(
            "\n\nRecovery phrase, shown this once; whoever has it has the account. Write it down:\n\n{mnemonic}"
        ));
    }
    if let Some(reason) = &done.root.reason {
        out.push_str(&format!(
            "\n\nThe root is not on the chain yet: {reason}\nSend some {denom} to {} if it has none, then: akash cert publish",
            done.address
        ));
    }
    out
}
