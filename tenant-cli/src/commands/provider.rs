//! `akash provider`: everything that the owner of machines does with the cold key.

use cloud_std::Money;
use cosmwasm_std::Binary;
use market_api::msg::LeaseFilter;
use market_api::{EndReason, LeaseId, LeaseState};
use registry_api::{Contact, ExecuteMsg, Provider};
use serde::Serialize;
use serde_json::json;

use super::{cert, lists, standing};
use crate::cli::{
    ContactArgs, OperatorCommand, ProviderCommand, ProviderUpdateArgs, RegisterArgs, RootCommand,
};
use crate::error::{CliError, Kind, Result};
use crate::flow::close::{list, sum};
use crate::output::{facts, table, Answer};
use crate::session::Session;
use crate::units::{duration, moment, now};
use crate::{roots, show};

/// Live leases of one provider that are looked at.
const MAX_LEASES: usize = 100_000;
/// Withdrawals in one transaction.
const WITHDRAWALS_AT_ONCE: usize = 20;

pub async fn run(session: &Session, command: ProviderCommand) -> Result<Answer> {
    match command {
        ProviderCommand::Register(args) => register(session, args).await,
        ProviderCommand::Update(args) => update(session, args).await,
        ProviderCommand::Deregister => {
            session.confirm("Leave the market? Stake stays until it is unbonded.")?;
            let result = session.execute_registry(&ExecuteMsg::Deregister {}).await?;
            let owner = session.address()?;
            let value = json!({ "provider": owner, "transaction": result.hash });
            Ok(Answer::new(
                value,
                format!("{owner} is not a provider any more\n\nits stake: akash provider unbond AMOUNT"),
            ))
        }
        ProviderCommand::Stake { amount } => {
            staking_denom(session, &amount).await?;
            let msg = staking_api::ExecuteMsg::Stake {};
            let hash = session.execute_staking(&msg, vec![amount]).await?.hash;
            stake_answer(session, hash).await
        }
        ProviderCommand::Unbond { amount } => {
            staking_denom(session, &amount).await?;
            session.confirm(&format!("Begin to take back {amount}? It counts for nothing from now on."))?;
            let msg = staking_api::ExecuteMsg::Unbond { amount: amount.amount };
            let hash = session.execute_staking(&msg, vec![]).await?.hash;
            stake_answer(session, hash).await
        }
        ProviderCommand::Claim => {
            let hash = session.execute_staking(&staking_api::ExecuteMsg::Claim {}, vec![]).await?.hash;
            stake_answer(session, hash).await
        }
        ProviderCommand::Operator(command) => operator(session, command).await,
        ProviderCommand::Root(RootCommand::Publish { file: None }) => {
            cert::run(session, crate::cli::CertCommand::Publish { rotate: false }).await
        }
        ProviderCommand::Root(RootCommand::Publish { file: Some(file) }) => {
            let der = roots::certificate(&session.read_file(&file)?, &file.display().to_string())?;
            let fingerprint = identity::Fingerprint::of(&der).to_hex();
            let result =
                session.execute_registry(&ExecuteMsg::PublishRoot { der: Binary::from(der) }).await?;
            let account = session.address()?;
            let value = json!({ "account": account, "fingerprint": fingerprint, "transaction": result.hash });
            Ok(Answer::new(value, format!("root {fingerprint} of {account} is published")))
        }
        ProviderCommand::Root(RootCommand::Revoke { fingerprint }) => {
            cert::revoke(session, Some(fingerprint)).await
        }
        ProviderCommand::Root(RootCommand::Show) => cert::show(session).await,
        ProviderCommand::Show { provider } => {
            let provider = session.address_or(provider)?;
            shown(session, &provider, None).await
        }
        ProviderCommand::Reputation { provider } => {
            standing::reputation(session, &session.address_or(provider)?).await
        }
        ProviderCommand::Requirements { order, provider } => {
            standing::requirements(session, order, &session.address_or(provider)?).await
        }
        ProviderCommand::Withdraw { lease, provider } => withdraw(session, lease, provider).await,
        ProviderCommand::Notice { lease } => {
            session.confirm(&format!("Give notice on lease {lease}?"))?;
            let result =
                session.execute_market(&market_api::ExecuteMsg::GiveNotice { lease }, vec![]).await?;
            lease_answer(session, lease, result.hash).await
        }
        ProviderCommand::Break { lease, reason } => {
            session.confirm(&format!(
                "Break lease {lease}? It is a fault: it costs stake and stays on the record."
            ))?;
            let msg = market_api::ExecuteMsg::BreakLease { lease, reason };
            let result = session.execute_market(&msg, vec![]).await?;
            lease_answer(session, lease, result.hash).await
        }
    }
}

async fn register(session: &Session, args: RegisterArgs) -> Result<Answer> {
    let msg = ExecuteMsg::Register {
        payout: args.payout,
        endpoints: args.endpoints,
        attributes: args.attributes,
        contact: contact(args.contact, None),
    };
    let hash = session.execute_registry(&msg).await?.hash;
    shown(session, &session.address()?, Some(hash)).await
}

async fn update(session: &Session, args: ProviderUpdateArgs) -> Result<Answer> {
    let owner = session.address()?;
    let before = session.chain()?.contracts.registry.provider(&owner).await?;
    let attributes = match (args.no_attributes, args.attributes.is_empty()) {
        (true, _) => Some(Vec::new()),
        (false, true) => None,
        (false, false) => Some(args.attributes),
    };
    let msg = ExecuteMsg::Update {
        payout: args.payout,
        endpoints: (!args.endpoints.is_empty()).then_some(args.endpoints),
        attributes,
        contact: contact(args.contact, Some(before.contact)),
    };
    if matches!(&msg, ExecuteMsg::Update { payout: None, endpoints: None, attributes: None, contact: None }) {
        return Err(CliError::bad_input("nothing to change was given")
            .hint("give at least one of --endpoint, --attribute, --no-attributes, --payout, --contact-name, --contact-email, --contact-website"));
    }
    let hash = session.execute_registry(&msg).await?.hash;
    shown(session, &owner, Some(hash)).await
}

/// The contact with what was given; none when nothing was.
fn contact(args: ContactArgs, before: Option<Contact>) -> Option<Contact> {
    let ContactArgs { contact_name, contact_email, contact_website } = args;
    if contact_name.is_none() && contact_email.is_none() && contact_website.is_none() {
        return None;
    }
    let before = before.unwrap_or_default();
    Some(Contact {
        name: contact_name.unwrap_or(before.name),
        email: contact_email.unwrap_or(before.email),
        website: contact_website.unwrap_or(before.website),
    })
}

async fn staking_denom(session: &Session, amount: &Money) -> Result<()> {
    let denom = session.chain()?.contracts.staking.config().await?.params.denom;
    if amount.denom == denom {
        return Ok(());
    }
    Err(CliError::bad_input(format!("{amount}: stake is counted in {denom}"))
        .hint(format!("write {}{denom}", amount.amount)))
}

async fn stake_answer(session: &Session, hash: String) -> Result<Answer> {
    let contracts = &session.chain()?.contracts;
    let denom = contracts.staking.config().await?.params.denom;
    let stake = contracts.staking.stake(&session.address()?).await?;
    let mut lines = vec![
        ("bonded", format!("{}{denom}", stake.bonded)),
        ("unbonding", format!("{}{denom}", stake.unbonding)),
    ];
    if let Some(next) = stake.unbondings.iter().map(|unbonding| unbonding.matures_at).min() {
        lines.push(("next claim", moment(next)));
    }
    let text = facts(&lines);
    Ok(Answer::new(json!({ "denom": denom, "stake": stake, "transaction": hash }), text))
}

async fn operator(session: &Session, command: OperatorCommand) -> Result<Answer> {
    let msg = match command {
        OperatorCommand::Add { address } => ExecuteMsg::AddOperator { operator: address },
        OperatorCommand::Remove { address } => ExecuteMsg::RemoveOperator { operator: address },
    };
    let hash = session.execute_registry(&msg).await?.hash;
    shown(session, &session.address()?, Some(hash)).await
}

#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    listed: lists::Listed,
    roots: Vec<registry_api::Root>,
    transaction: Option<String>,
}

async fn shown(session: &Session, owner: &str, transaction: Option<String>) -> Result<Answer> {
    let contracts = &session.chain()?.contracts;
    let provider: Provider = contracts.registry.provider(owner).await.map_err(|error| {
        let error = CliError::from(error);
        if error.kind == Kind::NotFound {
            let hint = "become one: akash provider register --endpoint https://HOST:PORT";
            CliError::not_found(format!("{owner} is not a provider")).hint(hint)
        } else {
            error
        }
    })?;
    let listed = lists::with_record(session, provider).await?;
    let roots = contracts.registry.roots_all(owner, 100).await?;
    let text = text(&listed, &roots);
    Ok(Answer::new(Shown { listed, roots, transaction }, text))
}

fn text(listed: &lists::Listed, roots: &[registry_api::Root]) -> String {
    let (provider, record) = (&listed.provider, &listed.record.record);
    let operators: Vec<&str> = provider.operators.iter().map(|operator| operator.as_str()).collect();
    let or_none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let contact = &provider.contact;
    let contact = [&contact.name, &contact.email, &contact.website];
    let contact: Vec<&str> =
        contact.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let out = facts(&[
        ("provider", provider.owner.to_string()),
        ("state", show::provider_state(provider, now())),
        ("payout", provider.payout.to_string()),
        ("gateways", or_none(provider.endpoints.join(" "))),
        ("attributes", or_none(show::attributes(provider))),
        ("operators", or_none(operators.join(" "))),
        ("contact", or_none(contact.join(", "))),
        (
            "stake",
            format!(
                "{} bonded, {} unbonding, {} slashed ever",
                listed.stake.bonded, listed.stake.unbonding, listed.stake.slashed
            ),
        ),
        (
            "leases",
            format!(
                "{} won, {} activated, {} live, {} completed",
                record.leases_won, record.leases_activated, record.leases_live, record.leases_completed
            ),
        ),
        (
            "faults",
            format!(
                "{} declined, {} silent, {} broken",
                record.leases_declined, record.leases_expired, record.leases_broken
            ),
        ),
        ("served", format!("{} for {} tenants", duration(record.seconds_served), record.distinct_tenants)),
        ("earned", list(&listed.record.earned)),
    ]);
    format!("{out}\n\n{}", show::roots(roots))
}

#[derive(Serialize)]
struct Withdrawn {
    leases: Vec<WithdrawnLease>,
    total: Vec<Money>,
    transactions: Vec<String>,
}

#[derive(Serialize)]
struct WithdrawnLease {
    lease: LeaseId,
    amount: Money,
}

async fn withdraw(session: &Session, lease: Option<LeaseId>, provider: Option<String>) -> Result<Answer> {
    let market = &session.chain()?.contracts.market;
    let due = match lease {
        Some(lease) => vec![market.lease(lease).await?],
        None => {
            let provider = session.address_or(provider)?;
            let mut leases = market.leases_all(LeaseFilter::LiveOfProvider { provider }, MAX_LEASES).await?;
            leases.retain(|lease| lease.state == LeaseState::Active && lease.earned > lease.withdrawn);
            leases
        }
    };
    let (mut leases, mut transactions) = (Vec::new(), Vec::new());
    for some in due.chunks(WITHDRAWALS_AT_ONCE) {
        let msgs = some.iter().map(|lease| {
            let msg = market_api::ExecuteMsg::Withdraw { lease: lease.id };
            chain_client::Msg::execute(market.address(), &msg, vec![]).map_err(CliError::from)
        });
        let result = session.send(msgs.collect::<Result<Vec<_>>>()?).await?;
        for event in result.events.iter().filter(|event| event.kind == "lease_withdrawn") {
            if let (Some(lease), Some(amount)) = (event.parse("lease"), event.parse::<u128>("amount")) {
                let denom = event.get("denom").unwrap_or_default();
                leases.push(WithdrawnLease { lease, amount: Money::new(denom, amount) });
            }
        }
        transactions.push(result.hash);
    }
    let total = sum(leases.iter().map(|lease| &lease.amount));
    let rows = leases.iter().map(|lease| vec![lease.lease.to_string(), lease.amount.to_string()]);
    let text = format!(
        "{}\n\n{} paid to the payout address",
        table(&["lease", "paid"], rows.collect(), "no lease has earned anything that is not withdrawn"),
        list(&total)
    );
    Ok(Answer::new(Withdrawn { leases, total, transactions }, text))
}

async fn lease_answer(session: &Session, id: LeaseId, hash: String) -> Result<Answer> {
    let lease = session.chain()?.contracts.market.lease(id).await?;
    let mut text = show::lease(&lease);
    if lease.end_reason == Some(EndReason::ProviderBroke) {
        text.push_str("\n\nthe fault is on the record: akash provider show");
    }
    Ok(Answer::new(json!({ "lease": lease, "transaction": hash }), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_changes_only_in_what_is_given() {
        let none = ContactArgs { contact_name: None, contact_email: None, contact_website: None };
        assert_eq!(contact(none, Some(Contact::default())), None);
        let before = Contact { name: "a".into(), email: "b".into(), website: "c".into() };
        let args = ContactArgs { contact_name: None, contact_email: Some("x".into()), contact_website: None };
        let after = contact(args, Some(before)).unwrap();
        assert_eq!((after.name.as_str(), after.email.as_str(), after.website.as_str()), ("a", "x", "c"));
    }
}
