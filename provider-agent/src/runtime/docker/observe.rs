//! What is there, read from the engine by label.

use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum, ContainerSummary};
use bollard::query_parameters::{InspectContainerOptions, ListContainersOptionsBuilder};
use bollard::Docker;
use market_api::LeaseId;
use std::collections::{BTreeMap, HashMap};
use time::format_description::well_known::Rfc3339;
use time::OffsetDateTime;

use super::config::DockerConfig;
use super::errors::{call, is_status, together};
use super::{labels, network};
use crate::runtime::{
    ContainerRef, ContainerState, ObservedContainer, ObservedLease, PublishedPort, RuntimeError,
};

/// Containers asked about at the same time.
const PARALLEL: usize = 8;

/// A container with what [`super::apply`] needs besides.
pub(super) struct Found {
    pub lease: LeaseId,
    pub seen: ObservedContainer,
    pub image_id: String,
    /// The id of the network that it was created in.
    pub network: String,
    /// Millicores that it may use.
    pub cpu_limit_millis: u64,
}

pub(super) async fn leases(
    docker: &Docker,
    config: &DockerConfig,
    lease: Option<LeaseId>,
) -> Result<Vec<ObservedLease>, RuntimeError> {
    let mut leases: BTreeMap<LeaseId, ObservedLease> = BTreeMap::new();
    let empty = |lease| ObservedLease { lease, network: false, containers: Vec::new() };
    for found in containers(docker, config, lease).await? {
        leases.entry(found.lease).or_insert_with(|| empty(found.lease)).containers.push(found.seen);
    }
    for (lease, _) in network::list(docker, config, lease).await? {
        leases.entry(lease).or_insert_with(|| empty(lease)).network = true;
    }
    Ok(leases.into_values().collect())
}

pub(super) async fn containers(
    docker: &Docker,
    config: &DockerConfig,
    lease: Option<LeaseId>,
) -> Result<Vec<Found>, RuntimeError> {
    let options = ListContainersOptionsBuilder::default()
        .all(true)
        .filters(&labels::filter(&config.provider, lease))
        .build();
    let listed =
        call("listing containers", config.call_timeout, docker.list_containers(Some(options))).await?;
    let mut asking = Vec::new();
    for summary in listed {
        asking.push(inspect(docker, config, summary));
    }
    let mut found: Vec<Found> = together(asking, PARALLEL).await?.into_iter().flatten().collect();
    found.sort_by(|a, b| {
        (a.lease, &a.seen.service, a.seen.replica, &a.seen.container).cmp(&(
            b.lease,
            &b.seen.service,
            b.seen.replica,
            &b.seen.container,
        ))
    });
    Ok(found)
}

/// None when it vanished after it was listed, or when its labels are not ours after all.
async fn inspect(
    docker: &Docker,
    config: &DockerConfig,
    summary: ContainerSummary,
) -> Result<Option<Found>, RuntimeError> {
    let Some(id) = summary.id else { return Ok(None) };
    let asked = call(
        "inspecting a container",
        config.call_timeout,
        docker.inspect_container(&id, None::<InspectContainerOptions>),
    )
    .await;
    match asked {
        Ok(details) => Ok(read(id, summary.created, details)),
        Err(error) if is_status(&error, 404) => Ok(None),
        Err(error) => Err(error),
    }
}

fn read(id: String, created: Option<i64>, details: ContainerInspectResponse) -> Option<Found> {
    let config = details.config?;
    let labels = config.labels?;
    let text = |label: &str| labels.get(label).cloned();
    let service = text(labels::SERVICE)?;
    let replica: u32 = text(labels::REPLICA)?.parse().ok()?;
    let host = details.host_config.unwrap_or_default();
    let name = details.name.unwrap_or_default();
    let state = details.state.unwrap_or_default();
    let attached = details.network_settings.and_then(|settings| settings.networks).unwrap_or_default();
    // It is in one network only.
    let attached = attached.into_values().next().unwrap_or_default();
    let started_at = state.started_at.as_deref().and_then(seconds);
    Some(Found {
        lease: text(labels::LEASE)?.parse().ok()?,
        image_id: details.image.unwrap_or_default(),
        network: host.network_mode.unwrap_or_default(),
        cpu_limit_millis: host.nano_cpus.and_then(|n| u64::try_from(n).ok()).unwrap_or(0) / 1_000_000,
        seen: ObservedContainer {
            container: ContainerRef { id, name: name.trim_start_matches('/').to_owned() },
            image: config.image.unwrap_or_default(),
            version: text(labels::VERSION).unwrap_or_default(),
            spec: text(labels::SPEC).unwrap_or_default(),
            state: match state.status.unwrap_or(ContainerStateStatusEnum::EMPTY) {
                ContainerStateStatusEnum::CREATED => ContainerState::Created,
                ContainerStateStatusEnum::RUNNING | ContainerStateStatusEnum::STOPPING => {
                    ContainerState::Running
                }
                // Does not come with our restart policy unless somebody restarts it by hand.
                ContainerStateStatusEnum::RESTARTING => ContainerState::Running,
                ContainerStateStatusEnum::PAUSED => ContainerState::Paused,
                ContainerStateStatusEnum::EXITED => ContainerState::Exited {
                    code: state.exit_code.unwrap_or(-1),
                    out_of_memory: state.oom_killed.unwrap_or(false),
                    error: state.error.unwrap_or_default(),
                    at: state.finished_at.as_deref().and_then(seconds),
                },
                ContainerStateStatusEnum::REMOVING
                | ContainerStateStatusEnum::DEAD
                | ContainerStateStatusEnum::EMPTY => ContainerState::Dead,
            },
            created_at: created.and_then(|created| u64::try_from(created).ok()),
            started_at,
            address: attached.ip_address.and_then(|text| text.parse().ok()),
            gateway: attached.gateway.and_then(|text| text.parse().ok()),
            ports: ports(&service, replica, host.port_bindings.unwrap_or_default()),
            service,
            replica,
        },
    })
}

fn ports(
    service: &str,
    replica: u32,
    bindings: HashMap<String, Option<Vec<bollard::models::PortBinding>>>,
) -> Vec<PublishedPort> {
    let mut ports: Vec<PublishedPort> = bindings
        .into_iter()
        .filter_map(|(key, bound)| Some((labels::parse_port_key(&key)?, bound?)))
        .flat_map(|((container_port, protocol), bound)| {
            bound.into_iter().filter_map(move |binding| {
                let host_port = binding.host_port?.parse().ok()?;
                Some((container_port, protocol, host_port))
            })
        })
        .map(|(container_port, protocol, host_port)| PublishedPort {
            service: service.to_owned(),
            replica,
            container_port,
            protocol,
            host_port,
        })
        .collect();
    ports.sort();
    ports
}

/// Seconds since the epoch; none for the year 1, which the engine writes for "never".
fn seconds(text: &str) -> Option<u64> {
    u64::try_from(OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp()).ok()
}
