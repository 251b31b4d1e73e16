//! `akash audit`: attestations.

use registry_api::{Attestation, Attribute, ExecuteMsg, QueryMsg};
use serde_json::json;

use super::lists::{self, List};
use crate::cli::{AttestArgs, AuditCommand};
use crate::error::{CliError, Result};
use crate::output::{table, Answer};
use crate::session::Session;
use crate::show;
use crate::units::moment;

/// Attestations that are listed.
const MAX_SHOWN: u32 = 10_000;

pub async fn run(session: &Session, command: AuditCommand) -> Result<Answer> {
    match command {
        AuditCommand::Attest(args) => attest(session, args).await,
        AuditCommand::Revoke { provider } => {
            session.confirm(&format!("Take back what you vouch for at {provider}?"))?;
            let msg = ExecuteMsg::RevokeAttestation { provider: provider.clone() };
            let result = session.execute_registry(&msg).await?;
            let value = json!({ "provider": provider, "transaction": result.hash });
            Ok(Answer::new(value, format!("nothing is attested for {provider} any more")))
        }
        AuditCommand::Show { provider: Some(provider), .. } => of_provider(session, &provider).await,
        AuditCommand::Show { provider: None, auditor } => {
            let auditor = session.address_or(auditor)?;
            let registry = session.chain()?.contracts.registry.address().to_owned();
            let list = lists::pages(session, &registry, MAX_SHOWN, |start_after: Option<String>, limit| {
                json!(QueryMsg::AttestationsOfAuditor { auditor: auditor.clone(), start_after, limit })
            });
            let list: List<Attestation> = list.await?;
            let text = text(&list.items, &format!("{auditor} vouches for nobody"));
            Ok(lists::answer(list, text))
        }
    }
}

async fn attest(session: &Session, args: AttestArgs) -> Result<Answer> {
    let AttestArgs { provider, attributes, all } = args;
    let said = session.chain()?.contracts.registry.provider(&provider).await?.attributes;
    let attributes = if all { said } else { known(&provider, &said, attributes)? };
    let shown = show::pairs(&attributes);
    session.confirm(&format!("Vouch for {shown} at {provider}, in place of anything signed before?"))?;
    let msg = ExecuteMsg::Attest { provider: provider.clone(), attributes: attributes.clone() };
    let result = session.execute_registry(&msg).await?;
    let value = json!({ "provider": provider, "attributes": attributes, "transaction": result.hash });
    Ok(Answer::new(value, format!("attested for {provider}: {shown}")))
}

/// Those given, if the provider says each of them.
fn known(provider: &str, said: &[Attribute], given: Vec<Attribute>) -> Result<Vec<Attribute>> {
    match given.iter().find(|attribute| !said.contains(attribute)) {
        None => Ok(given),
        Some(other) => Err(CliError::bad_input(format!(
            "{}={} is nothing that {provider} says of itself; it says {}",
            other.key,
            other.value,
            if said.is_empty() { "nothing".to_owned() } else { show::pairs(said) }
        ))
        .hint("sign what is there, or ask the provider to change it: akash provider update --attribute")),
    }
}

async fn of_provider(session: &Session, provider: &str) -> Result<Answer> {
    let registry = &session.chain()?.contracts.registry;
    let mut page = registry.attested_provider(provider, None, None).await?;
    let mut items = page.attestations.items;
    while let Some(after) = page.attestations.next.filter(|_| items.len() < MAX_SHOWN as usize) {
        page = registry.attested_provider(provider, Some(after.into()), None).await?;
        items.append(&mut page.attestations.items);
    }
    let said = show::attributes(&page.provider);
    let text = format!(
        "{provider} says {}\n\n{}",
        if said.is_empty() { "nothing of itself" } else { &said },
        text(&items, "no auditor vouches for any of it")
    );
    let value = json!({ "provider": page.provider, "attestations": items });
    Ok(Answer::new(value, text))
}

fn text(items: &[Attestation], empty: &str) -> String {
    let rows = items.iter().map(|item| {
        vec![
            item.provider.to_string(),
            item.auditor.to_string(),
            show::pairs(&item.attributes),
            show::pairs(&item.lapsed),
            moment(item.attested_at),
        ]
    });
    table(&["provider", "auditor", "attested", "no longer true", "signed"], rows.collect(), empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::Addr;

    fn attribute(key: &str) -> Attribute {
        Attribute::new(key, "1")
    }

    #[test]
    fn only_what_a_provider_says_can_be_signed() {
        let said = [attribute("a"), attribute("b")];
        assert_eq!(known("p", &said, vec![attribute("b")]).unwrap(), [attribute("b")]);
        let error = known("p", &said, vec![attribute("c")]).unwrap_err();
        assert!(error.message.contains("c=1") && error.message.contains("a=1 b=1"), "{}", error.message);
        assert!(known("p", &[], vec![attribute("c")]).unwrap_err().message.contains("says nothing"));
    }

    #[test]
    fn what_lapsed_is_told_apart() {
        let item = Attestation {
            provider: Addr::unchecked("wasm1p"),
            auditor: Addr::unchecked("wasm1a"),
            attributes: vec![attribute("a")],
            lapsed: vec![attribute("b")],
            attested_at: 0,
        };
        let text = text(&[item], "none");
        assert!(text.contains("NO LONGER TRUE") && text.contains("a=1") && text.contains("b=1"), "{text}");
    }
}
