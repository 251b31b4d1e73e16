//! `akash update` and `akash send-manifest`: the manifest of a deployment that exists.

use std::time::{Duration, Instant};

use bytes::Bytes;
use cosmwasm_std::HexBinary;
use futures::future::join_all;
use manifest::{check_fits, Manifest, Version};
use market_api::{Deployment, DeploymentId, DeploymentState, ExecuteMsg, Lease, LeaseId};
use serde::Serialize;

use super::deploy::{interrupted, urls};
use crate::cli::{SendManifestArgs, UpdateArgs};
use crate::error::{CliError, Kind, Result};
use crate::flow::live_leases;
use crate::flow::start::{Sent, Start, Started};
use crate::output::{table, Answer};
use crate::progress::Progress;
use crate::secrets::Secrets;
use crate::session::Session;
use crate::sources::Sources;
use crate::{kept, sdl, show};

#[derive(Serialize)]
struct Updated {
    deployment: DeploymentId,
    version: String,
    revision: u64,
    /// None when the chain had this version already.
    transaction: Option<String>,
    leases: Vec<LeaseResult>,
    urls: Vec<String>,
}

/// What became of one lease.
#[derive(Serialize)]
struct LeaseResult {
    lease: LeaseId,
    group: String,
    provider: String,
    /// The provider holds the manifest.
    sent: bool,
    /// The version runs; null when that was not waited for.
    ready: Option<bool>,
    urls: Vec<String>,
    /// Why not.
    problem: Option<String>,
}

pub async fn run(session: &Session, args: UpdateArgs) -> Result<Answer> {
    let sdl = sdl::read(session, &args.file)?;
    let (manifest, sources) = (sdl.manifest(), sdl::sources(&sdl, &args.file)?);
    let version = manifest.version();
    let mut deployment = own(session, args.deployment).await?;
    let leases = live_leases(session, args.deployment, None).await?;
    fits(session, &manifest, &leases).await?;
    session.identity().await?;

    let new = deployment.version.as_slice() != version.0;
    if new {
        session.confirm(&format!("Set version {version} on deployment {}?", args.deployment))?;
    }
    kept::keep(&session.home, &manifest, &sources)?;
    let progress = session.progress();
    let mut transaction = None;
    if new {
        progress.wait("sending the transaction");
        let update =
            ExecuteMsg::UpdateDeployment { deployment: args.deployment, version: HexBinary::from(version.0) };
        transaction = Some(session.execute_market(&update, vec![]).await?.hash);
        deployment = session.chain()?.contracts.market.deployment(args.deployment).await?;
        progress.step(format!("version {version} is on the chain, revision {}", deployment.revision));
    } else {
        progress.step(format!("version {version} is on the chain already"));
    }
    let timeout = if args.no_wait { None } else { Some(args.timeout) };
    let what = What { manifest: &manifest, sources, for_others: false };
    hand_out(session, &progress, &deployment, what, leases, timeout, transaction).await
}

pub async fn send(session: &Session, args: SendManifestArgs) -> Result<Answer> {
    let deployment = own(session, args.deployment).await?;
    let bytes: [u8; 32] = deployment.version.as_slice().try_into().map_err(|_| {
        CliError::failure(format!("the version of deployment {} is not 32 bytes", args.deployment))
    })?;
    let version = Version(bytes);
    let (manifest, sources) = match &args.file {
        Some(path) => {
            let sdl = sdl::read(session, path)?;
            let (manifest, sources) = (sdl.manifest(), sdl::sources(&sdl, path)?);
            let given = manifest.version();
            if given != version {
                return Err(CliError::bad_input(format!(
                    "{} has version {given}, deployment {} has version {version} on the chain",
                    path.display(),
                    args.deployment
                ))
                .hint(format!(
                    "name the file that was deployed, or bring the new one out: akash update {} FILE",
                    args.deployment
                )));
            }
            kept::keep(&session.home, &manifest, &sources)?;
            (manifest, sources)
        }
        None => (kept::load(&session.home, version)?, kept::sources(&session.home, version)?),
    };
    let mut leases = live_leases(session, args.deployment, None).await?;
    if let Some(only) = args.lease {
        let numbers: Vec<String> = leases.iter().map(|lease| lease.id.to_string()).collect();
        leases.retain(|lease| lease.id == only);
        if leases.is_empty() {
            return Err(CliError::not_found(format!(
                "deployment {} has no live lease {only}",
                args.deployment
            ))
            .hint(format!("its live leases: {}", numbers.join(", "))));
        }
    }
    let progress = session.progress();
    // To one provider goes what the others need too: they get it from there, also when this machine is off.
    let what = What { manifest: &manifest, sources, for_others: args.lease.is_some() };
    hand_out(session, &progress, &deployment, what, leases, None, None).await
}

/// The deployment, which must be the key's and not closed.
async fn own(session: &Session, id: DeploymentId) -> Result<Deployment> {
    let deployment = session.chain()?.contracts.market.deployment(id).await?;
    let me = session.address()?;
    if deployment.tenant.as_str() != me {
        return Err(CliError::refused(format!(
            "deployment {id} belongs to {}, this key is {me}",
            deployment.tenant
        ))
        .hint("choose the key of its tenant with --key NAME"));
    }
    if deployment.state != DeploymentState::Active {
        let state = show::deployment_state(deployment.state);
        return Err(
            CliError::refused(format!("deployment {id} is {state}")).hint("deploy again: akash deploy FILE")
        );
    }
    Ok(deployment)
}

/// What a lease sold cannot change with a version: more needs a new order.
async fn fits(session: &Session, manifest: &Manifest, leases: &[Lease]) -> Result<()> {
    let market = &session.chain()?.contracts.market;
    let mut problems = Vec::new();
    for lease in leases {
        let sold = market.order(lease.order).await?.spec.group;
        match manifest.group(&sold.name) {
            None => problems.push(format!("lease {}: the file has no group {:?}", lease.id, sold.name)),
            Some(group) => {
                problems
                    .extend(check_fits(group, &sold).err().map(|why| format!("lease {}: {why}", lease.id)));
            }
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(CliError::bad_input(problems.join("\n"))
        .hint("a new version keeps groups, resources and counts; for others deploy anew, then close the old deployment"))
}

/// What goes to providers.
struct What<'a> {
    manifest: &'a Manifest,
    sources: Sources,
    /// Also what only other providers need.
    for_others: bool,
}

async fn hand_out(
    session: &Session,
    progress: &Progress,
    deployment: &Deployment,
    what: What<'_>,
    leases: Vec<Lease>,
    timeout: Option<u64>,
    transaction: Option<String>,
) -> Result<Answer> {
    let version = what.manifest.version();
    let bytes = Bytes::from(what.manifest.to_canonical_json());
    let each = join_all(leases.iter().map(|lease| {
        let label = lease.group.clone();
        // Without waiting for the workload the provider still needs some time to take the manifest.
        let deadline = Instant::now() + Duration::from_secs(timeout.unwrap_or(60));
        // A provider keeps the values that it has; those of new secrets are sent apart.
        let sent =
            Sent { manifest: bytes.clone(), sources: what.sources.clone(), secrets: Secrets::default() };
        let mut start = Start::new(session, progress, lease.id, label, sent, deadline);
        start.for_others = what.for_others;
        one(session, lease, start, version, timeout)
    }));
    let results = tokio::select! {
        results = each => results,
        () = interrupted() => {
            return Err(CliError::new(Kind::Interrupted, "interrupted")
                .hint(format!("the version stays on the chain: akash send-manifest {}", deployment.id)));
        }
    };
    progress.finish();
    let (mut done, mut first_error) = (Vec::new(), None);
    for (lease, result) in leases.iter().zip(results) {
        let mut view = LeaseResult {
            lease: lease.id,
            group: lease.group.clone(),
            provider: lease.provider.to_string(),
            sent: false,
            ready: None,
            urls: Vec::new(),
            problem: None,
        };
        match result {
            Ok(started) => {
                view.sent = true;
                if let Some(status) = started {
                    view.ready = Some(true);
                    view.urls = urls(&status.services);
                }
            }
            Err(error) => {
                view.problem = Some(error.message.clone());
                first_error.get_or_insert(error);
            }
        }
        done.push(view);
    }
    let rows = done.iter().map(|view| {
        let state = match (&view.problem, view.ready) {
            (Some(problem), _) => problem.clone(),
            (None, Some(_)) => "runs".to_owned(),
            (None, None) => "the provider has it".to_owned(),
        };
        vec![
            view.lease.to_string(),
            view.group.clone(),
            show::short(&view.provider),
            state,
            view.urls.join(" "),
        ]
    });
    let leases = table(&["lease", "group", "provider", "state", "reachable"], rows.collect(), "no leases");
    let updated = Updated {
        deployment: deployment.id,
        version: version.to_string(),
        revision: deployment.revision,
        transaction,
        urls: done.iter().flat_map(|view| view.urls.clone()).collect(),
        leases: done,
    };
    if let Some(error) = first_error {
        let details = serde_json::to_value(&updated).unwrap_or_default();
        let hint = error.hint.unwrap_or_else(|| format!("akash send-manifest {} tries again", deployment.id));
        return Err(CliError::new(error.kind, error.message).hint(hint).details(details));
    }
    let text = format!(
        "deployment {} has version {version} (revision {})\n\n{leases}",
        deployment.id, deployment.revision
    );
    Ok(Answer::new(updated, text))
}

async fn one(
    session: &Session,
    lease: &Lease,
    mut start: Start<'_>,
    version: Version,
    timeout: Option<u64>,
) -> Result<Option<Box<gateway_api::LeaseStatus>>> {
    let provider = lease.provider.as_str();
    let lost = if timeout.is_some() {
        match start.update(provider, &version.0).await? {
            Started::Ready(status) => return Ok(Some(status)),
            Started::Lost(reason) => Some(reason),
        }
    } else {
        let gateway = session.gateway(provider).await?;
        start.send(&gateway).await?
    };
    match lost {
        None => Ok(None),
        Some(reason) => Err(CliError::new(
            Kind::WorkloadFailed,
            format!("lease {} ended: {}", lease.id, show::end_reason(reason)),
        )),
    }
}
