//! `akash secrets`: values that only the providers of leases get.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use cosmwasm_std::Binary;
use gateway_api::{PutSecrets, Secret, SecretState, MAX_SECRET_BYTES};
use market_api::Lease;
use serde_json::json;
use zeroize::Zeroizing;

use crate::cli::{SecretsCommand, SendSecretsArgs};
use crate::error::{io_error, CliError, Result};
use crate::flow::{live_leases, POLL};
use crate::gateway::{Gateway, GatewayError};
use crate::output::{table, Answer};
use crate::session::Session;
use crate::show;

/// How long a provider gets to learn of a lease or manifest that the chain has.
const PATIENCE: Duration = Duration::from_secs(20);

type Values = BTreeMap<String, Zeroizing<Vec<u8>>>;

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
    let mut values = given(&args)?;
    let mut rows = Vec::new();
    let mut done = Vec::new();
    for lease in &leases {
        let gateway = session.gateway(lease.provider.as_str()).await?;
        let wanted = patiently(|| gateway.secrets(lease.id)).await?.secrets;
        let names = chosen(lease, &wanted, &mut values)?;
        let states = if names.is_empty() { wanted } else { put(&gateway, lease, &names, &values).await? };
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
    if let Some(unknown) = values.keys().find(|name| !rows.iter().any(|row| row[3] == **name)) {
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

async fn put(
    gateway: &Gateway,
    lease: &Lease,
    names: &[String],
    values: &Values,
) -> Result<Vec<SecretState>> {
    let value = |name: &String| {
        let value = values.get(name)?;
        Some(Secret { name: name.clone(), value: Binary::from(value.as_slice()) })
    };
    let request = PutSecrets { secrets: names.iter().filter_map(value).collect() };
    Ok(patiently(|| gateway.put_secrets(lease.id, &request)).await?.secrets)
}

/// The names to send to a lease: those that were given, and those that it waits for, which a person is asked for.
fn chosen(lease: &Lease, wanted: &[SecretState], values: &mut Values) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut missing = Vec::new();
    for state in wanted {
        if values.contains_key(&state.name) {
            names.push(state.name.clone());
        } else if !state.held {
            missing.push(state.name.clone());
        }
    }
    for name in missing {
        if !std::io::stdin().is_terminal() {
            return Err(CliError::bad_input(format!("lease {} waits for secret {name}", lease.id))
                .hint(format!("give it: --file {name}=PATH or --env {name}=VARIABLE")));
        }
        let value = rpassword::prompt_password(format!("{name} (not shown): "))
            .map_err(|error| CliError::bad_input(format!("{name} cannot be read: {error}")))?;
        values.insert(name.clone(), sized(&name, Zeroizing::new(value.into_bytes()))?);
        names.push(name);
    }
    Ok(names)
}

/// Values from files and variables. Never from the command line, which everybody on this machine can read.
fn given(args: &SendSecretsArgs) -> Result<Values> {
    let mut values = Values::new();
    for (name, path) in &args.file {
        values.insert(name.clone(), sized(name, from_file(Path::new(path))?)?);
    }
    for (name, variable) in &args.env {
        let value = std::env::var_os(variable).ok_or_else(|| {
            CliError::bad_input(format!("secret {name}: there is no variable {variable}"))
                .hint(format!("set {variable}, or give it another way: --file {name}=PATH"))
        })?;
        values.insert(name.clone(), sized(name, Zeroizing::new(value.into_encoded_bytes()))?);
    }
    Ok(values)
}

fn from_file(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let mut value = Zeroizing::new(Vec::new());
    let file = std::fs::File::open(path).map_err(|error| io_error("read", path, &error))?;
    let limit = MAX_SECRET_BYTES as u64 + 1;
    file.take(limit).read_to_end(&mut value).map_err(|error| io_error("read", path, &error))?;
    Ok(value)
}

fn sized(name: &str, value: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>> {
    if value.len() <= MAX_SECRET_BYTES {
        return Ok(value);
    }
    Err(CliError::bad_input(format!("the value of secret {name} is larger than {MAX_SECRET_BYTES} bytes"))
        .hint("let the manifest carry larger data encrypted, and its key be the secret"))
}
