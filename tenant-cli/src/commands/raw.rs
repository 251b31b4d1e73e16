//! `akash tx`, `akash query` and `akash invariants`: what has no command of its own.

use chain_client::Msg;
use serde_json::{json, Value};

use crate::cli::{QueryArgs, TxArgs};
use crate::error::{CliError, Kind, Result};
use crate::output::{facts, table, Answer};
use crate::session::Session;

pub async fn tx(session: &Session, args: TxArgs) -> Result<Answer> {
    let contract = address(session, &args.contract)?;
    let message = parse(&args.message)?;
    let funds = args.funds.map(|funds| funds.0).unwrap_or_default();
    let action = message.as_object().and_then(|object| object.keys().next()).cloned().unwrap_or_default();
    session.confirm(&format!("Send {action} to {}?", args.contract))?;
    let result = session.send(vec![Msg::execute(contract, &message, funds)?]).await?;
    let events: Vec<Value> = result
        .events
        .iter()
        .map(|event| {
            let attributes: serde_json::Map<String, Value> =
                event.attributes.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
            json!({ "contract": event.contract, "type": event.kind, "attributes": attributes })
        })
        .collect();
    let mut text = facts(&[
        ("transaction", result.hash.clone()),
        ("height", result.height.to_string()),
        ("gas", format!("{} used of {}", result.gas_used, result.gas_wanted)),
    ]);
    for event in &result.events {
        text.push_str(&format!("\n{}", event.kind));
        for (key, value) in &event.attributes {
            text.push_str(&format!(" {key}={value}"));
        }
    }
    let value = json!({
        "transaction": result.hash,
        "height": result.height,
        "gas_wanted": result.gas_wanted,
        "gas_used": result.gas_used,
        "events": events,
    });
    Ok(Answer::new(value, text))
}

pub async fn query(session: &Session, args: QueryArgs) -> Result<Answer> {
    let contract = address(session, &args.contract)?;
    let message = parse(&args.message)?;
    let value: Value = session.chain()?.client.query(&contract, &message).await?;
    let text = serde_json::to_string_pretty(&value).unwrap_or_default();
    Ok(Answer::new(value, text))
}

/// A contract by its name in the address book, or an address as it is.
fn address(session: &Session, name: &str) -> Result<String> {
    let book = &session.chain()?.book;
    if name.starts_with(&format!("{}1", book.bech32_prefix)) {
        return Ok(name.to_owned());
    }
    book.address(name).map(str::to_owned).map_err(|_| {
        let known: Vec<&str> = book.contracts.keys().map(String::as_str).collect();
        CliError::bad_input(format!(
            "{name:?} is neither a contract of the address book nor an address of this chain"
        ))
        .hint(format!(
            "one of {}, or an address that begins with {}1",
            known.join(", "),
            book.bech32_prefix
        ))
    })
}

fn parse(text: &str) -> Result<Value> {
    let fail = |why: String| {
        CliError::bad_input(format!("the message is not what a contract takes: {why}"))
            .hint(r#"give a JSON object with one key, such as '{"order":{"order":1}}'; docs/frontends.md lists them"#)
    };
    let value: Value = serde_json::from_str(text).map_err(|error| fail(error.to_string()))?;
    match value.as_object() {
        Some(object) if object.len() == 1 => Ok(value),
        Some(object) => Err(fail(format!("{} keys instead of one", object.len()))),
        None => Err(fail("not a JSON object".to_owned())),
    }
}

pub async fn invariants(session: &Session) -> Result<Answer> {
    let contracts = &session.chain()?.contracts;
    let market = contracts.market.invariants().await?;
    let staking = contracts.staking.invariants().await?;
    let mut rows: Vec<Vec<String>> = market
        .denoms
        .iter()
        .map(|denom| {
            let leases = [denom.live_leases, denom.earned];
            let owed = [denom.locked_in_orders, denom.bid_deposits, denom.grants].into_iter().chain(leases);
            let owed = owed.fold(0u128, |sum, part| sum.saturating_add(part.u128()));
            vec![
                "market".to_owned(),
                denom.denom.clone(),
                denom.balance.to_string(),
                owed.to_string(),
                denom.unaccounted.to_string(),
                denom.missing.to_string(),
            ]
        })
        .collect();
    let owed = [staking.bonded, staking.unbonding, staking.compensation];
    let owed = owed.iter().fold(0u128, |sum, part| sum.saturating_add(part.u128()));
    rows.push(vec![
        "staking".to_owned(),
        staking.denom.clone(),
        staking.balance.to_string(),
        owed.to_string(),
        staking.unaccounted.to_string(),
        owed.saturating_sub(staking.balance.u128()).to_string(),
    ]);
    let governance = match &contracts.governance {
        Some(governance) => Some(governance.invariants().await?),
        None => None,
    };
    if let Some(books) = &governance {
        rows.push(vec![
            "governance".to_owned(),
            books.denom.clone(),
            books.balance.to_string(),
            books.deposits.to_string(),
            books.treasury.to_string(),
            books.deposits.saturating_sub(books.balance).to_string(),
        ]);
    }
    let holds = market.holds && staking.holds && governance.as_ref().is_none_or(|books| books.holds);
    let table = table(&["contract", "denom", "balance", "owed", "unaccounted", "missing"], rows, "");
    let value = json!({ "holds": holds, "market": market, "staking": staking, "governance": governance });
    if !holds {
        return Err(CliError::new(Kind::Failure, format!("a contract owes more than it has\n{table}"))
            .hint("stop using this deployment of the contracts and tell its operators")
            .details(value));
    }
    Ok(Answer::new(value, format!("{table}\n\nevery contract holds what it owes")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_object_with_one_key() {
        assert!(parse(r#"{"claim":{}}"#).is_ok());
        for text in ["", "{", "[]", "1", "{}", r#"{"a":{},"b":{}}"#, r#""claim""#] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.kind, Kind::BadInput, "{text}");
            assert!(error.hint.unwrap().contains("one key"));
        }
    }
}
