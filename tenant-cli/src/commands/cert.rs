//! `akash cert`: the certificate roots of the account.

use cosmwasm_std::{Binary, HexBinary};
use identity::{Fingerprint, Root};
use registry_api::{ExecuteMsg, RootState};
use serde::Serialize;
use serde_json::json;

use crate::cli::CertCommand;
use crate::error::{CliError, Kind, Result};
use crate::output::Answer;
use crate::session::Session;
use crate::units::moment;
use crate::{roots, show};

/// Roots of one account that are looked at.
const MAX_ROOTS: usize = 100;

pub async fn run(session: &Session, command: CertCommand) -> Result<Answer> {
    match command {
        CertCommand::Publish { rotate } => publish(session, rotate).await,
        CertCommand::Revoke { fingerprint } => revoke(session, fingerprint).await,
        CertCommand::Show => show(session).await,
    }
}

/// Publishes a root unless the chain has it; says the transaction if one was needed.
pub async fn publish_if_needed(session: &Session, root: &Root) -> Result<Option<String>> {
    let fingerprint = HexBinary::from(root.fingerprint().0);
    let account = root.account();
    let known = session.chain()?.contracts.registry.roots_all(account, MAX_ROOTS).await?;
    match known.iter().find(|known| known.fingerprint == fingerprint).map(|known| known.state) {
        Some(RootState::Active) => Ok(None),
        Some(state) => {
            let state = if state == RootState::Revoked { "revoked" } else { "expired" };
            Err(CliError::refused(format!("root {fingerprint} is {state} on the chain for good"))
                .hint("make and publish a new one: akash cert publish --rotate"))
        }
        None => {
            let msg = ExecuteMsg::PublishRoot { der: Binary::from(root.der().as_ref()) };
            Ok(Some(session.execute_registry(&msg).await?.hash))
        }
    }
}

async fn publish(session: &Session, rotate: bool) -> Result<Answer> {
    let account = session.address()?;
    let root = match roots::current(&session.home, &account)? {
        Some(root) if !rotate => root,
        _ => roots::create(&session.home, &account)?,
    };
    let transaction = publish_if_needed(session, &root).await?;
    roots::promote(&session.home, &account)?;
    let fingerprint = root.fingerprint().to_hex();
    let text = match &transaction {
        Some(_) => {
            format!("root {fingerprint} of {account} is published, valid until {}", moment(root.not_after()))
        }
        None => format!("root {fingerprint} of {account} is on the chain already"),
    };
    let published = json!({
        "account": account,
        "fingerprint": fingerprint,
        "not_after": root.not_after(),
        "transaction": transaction,
    });
    Ok(Answer::new(published, text))
}

/// Revokes a root of the key's account; the home's own when none is named.
pub async fn revoke(session: &Session, fingerprint: Option<String>) -> Result<Answer> {
    let account = session.address()?;
    let fingerprint = match fingerprint {
        Some(text) => Fingerprint::from_hex(&text.to_lowercase()).ok_or_else(|| {
            CliError::bad_input(format!("{text:?} is not a fingerprint"))
                .hint("give the 64 hex digits that akash cert show prints")
        })?,
        None => roots::current(&session.home, &account)?.map(|root| root.fingerprint()).ok_or_else(|| {
            CliError::not_found(format!("this home has no root of {account}"))
                .hint("name one of those that akash cert show lists")
        })?,
    };
    session.confirm(&format!(
        "Revoke root {fingerprint} for good? Nobody talks to you under it from then on."
    ))?;
    let msg = ExecuteMsg::RevokeRoot { fingerprint: HexBinary::from(fingerprint.0) };
    let result = session.execute_registry(&msg).await?;
    let revoked =
        json!({ "account": account, "fingerprint": fingerprint.to_hex(), "transaction": result.hash });
    Ok(Answer::new(
        revoked,
        format!("root {fingerprint} is revoked\n\nanother one: akash cert publish --rotate"),
    ))
}

#[derive(Serialize)]
struct Shown {
    account: String,
    /// Of the chain.
    roots: Vec<registry_api::Root>,
    /// Fingerprints of the roots whose key is in this home, the newest first.
    here: Vec<String>,
    /// The one that new connections use.
    current: Option<String>,
}

/// The roots of the key's account.
pub async fn show(session: &Session) -> Result<Answer> {
    let account = session.address()?;
    let here = roots::list(&session.home, &account)?;
    let here: Vec<String> = here.iter().map(|root| root.fingerprint().to_hex()).collect();
    let published = session.chain()?.contracts.registry.roots_all(&account, MAX_ROOTS).await?;
    let current = match session.identity().await {
        Ok(identity) => Some(identity.root().fingerprint().to_hex()),
        Err(error) if matches!(error.kind, Kind::NotFound | Kind::Refused) => None,
        Err(error) => return Err(error),
    };
    let mut text = show::roots(&published);
    for fingerprint in &here {
        let known = published.iter().any(|root| root.fingerprint.to_string() == *fingerprint);
        if !known {
            text.push_str(&format!(
                "\n{fingerprint} is in this home and not on the chain: akash cert publish"
            ));
        }
    }
    match &current {
        Some(current) => text.push_str(&format!("\n\nthis home uses {current}")),
        None => text.push_str("\n\nthis home has no root that is active on the chain"),
    }
    Ok(Answer::new(Shown { account, roots: published, here, current }, text))
}
