//! `akash keys`.

use serde_json::{json, Value};

use crate::cli::KeysCommand;
use crate::error::Result;
use crate::keystore;
use crate::output::{facts, table, Answer};
use crate::session::Session;

pub fn run(session: &Session, command: KeysCommand) -> Result<Answer> {
    let home = &session.home;
    match command {
        KeysCommand::Show { name } => {
            let name = name.unwrap_or_else(|| session.key_name().to_owned());
            let info = keystore::inspect(home, &name)?;
            let file = keystore::path(home, &name)?.display().to_string();
            let text = info.address.clone();
            let shown =
                json!({ "name": name, "address": info.address, "encrypted": info.encrypted, "file": file });
            Ok(Answer::new(shown, text))
        }
        KeysCommand::Add { name, recover, no_passphrase } => {
            let prefix = &session.chain()?.book.bech32_prefix;
            let made = keystore::create(home, &name, prefix, recover, no_passphrase)?;
            let address = chain_client::Signer::address(&made.key).to_owned();
            let mnemonic = made.mnemonic.as_ref().map(|words| keystore::reveal(words).to_owned());
            let mut text = facts(&[("key", name.clone()), ("address", address.clone())]);
            if let Some(words) = &mnemonic {
                text.push_str(&format!(
                    "\n\nRecovery phrase, shown this once; whoever has it has the account. Write it down:\n\n{words}"
                ));
            }
            let made = json!({ "name": name, "address": address, "encrypted": made.encrypted, "mnemonic": mnemonic });
            Ok(Answer::new(made, text))
        }
        KeysCommand::List => {
            let keys = keystore::list(home)?;
            let used = session.key_name();
            let rows = keys.iter().map(|(name, info)| {
                let mark = if name == used { "*" } else { "" };
                let (address, protection) = match info {
                    Ok(info) if info.encrypted => (info.address.clone(), "encrypted".to_owned()),
                    Ok(info) => (info.address.clone(), "in clear, 0600".to_owned()),
                    Err(error) => (String::new(), error.message.clone()),
                };
                vec![format!("{name}{mark}"), address, protection]
            });
            let text = table(
                &["name", "address", "protection"],
                rows.collect(),
                "no keys; make one with akash init",
            );
            let items: Vec<Value> = keys
                .iter()
                .map(|(name, info)| match info {
                    Ok(info) => json!({
                        "name": name, "address": info.address, "encrypted": info.encrypted, "default": name == used,
                    }),
                    Err(error) => json!({ "name": name, "problem": error.message, "default": name == used }),
                })
                .collect();
            Ok(Answer::new(json!({ "items": items }), text))
        }
        KeysCommand::Export { name } => {
            session.confirm(&format!(
                "Print the recovery phrase of {name}? Whoever reads it has the account."
            ))?;
            let words = keystore::export(home, &name)?;
            let words = keystore::reveal(&words);
            Ok(Answer::new(json!({ "name": name, "mnemonic": words }), words))
        }
    }
}
