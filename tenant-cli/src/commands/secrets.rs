//! `akash secrets`: values that only the providers of leases get.

use std::time::{Duration, Instant};

use gateway_api::SecretState;
use market_api::Lease;
use serde_json::json;

use crate::cli::SecretsCommand;
use crate::error::{CliError, Result};
use crate::flow::{live_leases, POLL};
use crate::gateway::GatewayError;
use crate::output::{table, Answer};
use crate::secrets::Secrets;
use crate::session::Session;
use crate::show;

/// How long a provider gets to learn of a lease or manifest that the chain has.
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn run(session: &Session, command: SecretsCommand) -> Result<Answer> {
    let SecretsCommand::Send(args) = command;
    let mut leases = live_leases(session, args.deployment, None).await?;
    if let Some(only) = args.lease {
        leases.retain(|lease| lease.id == only);
    }
    if leases.is_empty() {
        return Err(CliError::not_found(format!("deployment {} has no such live lease", args.deployment))
            .hint(format!("akash leases --deployment {} lists them", args.deployment)));
    }
    let mut values = Secrets::read(&args.file, &args.env)?;
    let mut rows = Vec::new();
    let mut done = Vec::new();
    for lease in &leases {
        let gateway = session.gateway(lease.provider.as_str()).await?;
        let wanted = patiently(|| gateway.secrets(lease.id)).await?.secrets;
        let names = chosen(lease, &wanted, &mut values)?;
        let mut states = wanted;
        for request in names.iter().filter_map(|name| values.request(name)) {
            states = patiently(|| gateway.put_secrets(lease.id, &request)).await?.secrets;
        }
        for state in &states {
            let held = if state.held { "held" } else { "missing" };
            rows.push(vec![
                lease.id.to_string(),
                lease.group.clone(),
                show::short(lease.provider.as_str()),
                state.name.clone(),
                held.to_owned(),
            ]);
        }
        done.push(json!({ "lease": lease.id, "provider": lease.provider, "sent": names, "secrets": states }));
    }
    if let Some(unknown) = values.names().find(|name| !rows.iter().any(|row| row[3] == **name)) {
        return Err(CliError::bad_input(format!("no service of these leases has a secret {unknown:?}"))
            .hint("name secrets as the manifest does: akash manifest show FILE"));
    }
    let text = table(&["lease", "group", "provider", "secret", "value"], rows, "no service has a secret");
    Ok(Answer::new(json!({ "deployment": args.deployment, "leases": done }), text))
}

/// Asks again while the provider has not caught up.
async fn patiently<T, F>(mut ask: impl FnMut() -> F) -> Result<T>
where
    F: std::future::Future<Output = Result<T, GatewayError>>,
{
    let end = Instant::now() + PATIENCE;
    loop {
        match ask().await {
            Err(error) if error.is_passing() && Instant::now() < end => tokio::time::sleep(POLL).await,
            answer => return Ok(answer?),
        }
    }
}

/// The names to send to a lease: those that were given, and those that it waits for, which a person is asked for.
fn chosen(lease: &Lease, wanted: &[SecretState], values: &mut Secrets) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for state in wanted {
        if !values.has(&state.name) {
            if state.held {
                continue;
            }
            if !values.ask(&state.name)? {
                let name = &state.name;
                return Err(CliError::bad_input(format!("lease {} waits for secret {name}", lease.id))
                    .hint(format!("give it: --file {name}=PATH or --env {name}=VARIABLE")));
            }
        }
        names.push(state.name.clone());
    }
    Ok(names)
}
