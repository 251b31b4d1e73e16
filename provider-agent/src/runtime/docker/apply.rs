//! Makes the engine match a workload.

use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, CreateImageOptionsBuilder, KillContainerOptions,
    RemoveContainerOptionsBuilder, StartContainerOptions, StopContainerOptionsBuilder, WaitContainerOptions,
};
use bollard::Docker;
use futures::{FutureExt, StreamExt, TryStreamExt};
use market_api::LeaseId;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::config::DockerConfig;
use super::errors::{call, gone_is_fine, is_status, start_error, together};
use super::images::is_private;
use super::observe::{self, Found};
use super::spec::{self, Replica};
use super::{labels, network};
use crate::runtime::{ContainerState, ObservedLease, RuntimeError, Workload};

/// Containers of one lease worked on at the same time.
const PARALLEL: usize = 4;
/// What the engine needs at least to start a container, in bytes.
const MIN_MEMORY: u64 = 6 * 1024 * 1024;
/// What the engine can divide a processor into, in millicores.
const MIN_CPU_MILLIS: u64 = 10;

pub(super) async fn apply(
    docker: &Docker,
    config: &DockerConfig,
    workload: &Workload,
) -> Result<ObservedLease, RuntimeError> {
    check(workload)?;
    // Before anything is made: a workload that cannot start leaves nothing behind.
    let images = images(docker, config, workload).await?;
    let network_id = network::ensure(docker, config, workload.lease).await?;
    let replicas = replicas(workload);
    let found = observe::containers(docker, config, Some(workload.lease)).await?;

    let mut to_start = Vec::new();
    let mut to_remove = Vec::new();
    let mut kept = BTreeSet::new();
    for found in &found {
        let key = (found.seen.service.as_str(), found.seen.replica);
        let wanted = replicas.get(&key);
        let keep = wanted.is_some_and(|replica| {
            !kept.contains(&key) && fits(found, replica, &network_id, images.get(found.seen.image.as_str()))
        });
        if keep {
            kept.insert(key);
            if found.seen.state == ContainerState::Created {
                to_start.push((found.seen.container.id.as_str(), key));
            }
        } else {
            to_remove.push(found.seen.container.id.as_str());
        }
    }
    // All that goes, goes first, so that its ports and names are free.
    let mut removing = Vec::new();
    for id in to_remove {
        removing.push(stop_and_remove(docker, config, id, config.stop_timeout));
    }
    together(removing, PARALLEL).await?;
    let mut starting = Vec::new();
    for (id, key) in to_start {
        starting.push(start(docker, config, id, &replicas[&key]).boxed());
    }
    for (key, replica) in &replicas {
        if !kept.contains(key) {
            starting.push(create_and_start(docker, config, replica, &network_id).boxed());
        }
    }
    together(starting, PARALLEL).await?;

    let seen = observe::leases(docker, config, Some(workload.lease)).await?;
    seen.into_iter()
        .next()
        .ok_or(RuntimeError::Gone { name: labels::network_name(&config.provider, workload.lease) })
}

/// Removes everything of a lease.
pub(super) async fn remove(
    docker: &Docker,
    config: &DockerConfig,
    lease: LeaseId,
) -> Result<(), RuntimeError> {
    let found = observe::containers(docker, config, Some(lease)).await?;
    let mut removing = Vec::new();
    for found in &found {
        removing.push(stop_and_remove(docker, config, &found.seen.container.id, config.end_grace));
    }
    let all = removing.len();
    together(removing, all).await?;
    network::remove(docker, config, lease).await
}

/// Whether an image is in the engine for everybody, and which.
pub(super) async fn image_id(
    docker: &Docker,
    config: &DockerConfig,
    image: &str,
) -> Result<Option<String>, RuntimeError> {
    find_image(docker, config, image, false).await
}

/// The same; `carried` images also when they came with a manifest and are for nobody else.
async fn find_image(
    docker: &Docker,
    config: &DockerConfig,
    image: &str,
    carried: bool,
) -> Result<Option<String>, RuntimeError> {
    match call("looking for an image", config.call_timeout, docker.inspect_image(image)).await {
        Ok(found) if !carried && is_private(found.repo_tags.as_deref().unwrap_or_default()) => Ok(None),
        Ok(found) => Ok(Some(found.id.unwrap_or_default())),
        Err(error) if is_status(&error, 404) => Ok(None),
        // A name that the engine cannot read is a name of no image.
        Err(error) if is_status(&error, 400) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn images<'a>(
    docker: &Docker,
    config: &DockerConfig,
    workload: &'a Workload,
) -> Result<BTreeMap<&'a str, String>, RuntimeError> {
    let mut images = BTreeMap::new();
    for service in &workload.services {
        let image = service.image.as_str();
        if images.contains_key(image) {
            continue;
        }
        let mut id = find_image(docker, config, image, service.carried_image).await?;
        if id.is_none() && config.fetch_images && !service.carried_image {
            fetch(docker, config, image).await?;
            id = image_id(docker, config, image).await?;
        }
        let id = id.ok_or_else(|| RuntimeError::ImageMissing { image: image.to_owned() })?;
        images.insert(image, id);
    }
    Ok(images)
}

async fn fetch(docker: &Docker, config: &DockerConfig, image: &str) -> Result<(), RuntimeError> {
    let failed = |detail: String| RuntimeError::ImageFetch { image: image.to_owned(), detail };
    // Without a tag the engine would fetch every tag there is.
    let last = image.rsplit('/').next().unwrap_or(image);
    let tagged = last.contains(':') || last.contains('@');
    let name = if tagged { image.to_owned() } else { format!("{image}:latest") };
    let options = CreateImageOptionsBuilder::default().from_image(&name).build();
    let fetching = docker.create_image(Some(options), None, None).try_for_each(|_| async { Ok(()) });
    match tokio::time::timeout(config.fetch_timeout, fetching).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(failed(error.to_string())),
        Err(_) => Err(failed(format!("not complete after {:?}", config.fetch_timeout))),
    }
}

fn check(workload: &Workload) -> Result<(), RuntimeError> {
    let impossible = |detail: String| Err(RuntimeError::Workload { detail });
    let mut names = BTreeSet::new();
    for service in &workload.services {
        let name = service.name.as_str();
        let well_named = (1..=63).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !well_named {
            return impossible(format!("service {name:?} must be named with 1 to 63 of a-z, 0-9 and -"));
        }
        if !names.insert(name) {
            return impossible(format!("service {name:?} is there twice"));
        }
        if service.memory < MIN_MEMORY {
            return impossible(format!(
                "service {name:?} asks for {} bytes of memory, the engine needs at least {MIN_MEMORY}",
                service.memory
            ));
        }
        if service.cpu_millis < MIN_CPU_MILLIS {
            return impossible(format!(
                "service {name:?} asks for {} millicores, the engine gives at least {MIN_CPU_MILLIS}",
                service.cpu_millis
            ));
        }
    }
    let mut taken = BTreeSet::new();
    for port in &workload.ports {
        let known = workload
            .services
            .iter()
            .any(|service| service.name == port.service && port.replica < service.count);
        if !known {
            return impossible(format!(
                "port {} is published for replica {} of service {:?}, which does not exist",
                port.host_port, port.replica, port.service
            ));
        }
        if !taken.insert((port.host_port, port.protocol)) {
            return impossible(format!("port {}/{} is given away twice", port.host_port, port.protocol));
        }
    }
    Ok(())
}

fn replicas(workload: &Workload) -> BTreeMap<(&str, u32), Replica<'_>> {
    let mut replicas = BTreeMap::new();
    for service in &workload.services {
        for number in 0..service.count {
            let ports = workload
                .ports
                .iter()
                .filter(|port| port.service == service.name && port.replica == number)
                .collect();
            let replica = Replica {
                lease: workload.lease,
                version: &workload.version,
                service,
                number,
                ports,
                host_ip: workload.host_ip,
            };
            replicas.insert((service.name.as_str(), number), replica);
        }
    }
    replicas
}

/// Whether a container may stay as it is. An image that changed under its name counts only with a new version: a
/// tenant that sends a new version wants it, a provider that loads an image must not restart anybody.
fn fits(found: &Found, replica: &Replica<'_>, network_id: &str, image_id: Option<&String>) -> bool {
    let same_version = found.seen.version == replica.version;
    found.seen.state != ContainerState::Dead
        && found.seen.spec == replica.hash()
        && found.network == network_id
        && (same_version || image_id == Some(&found.image_id))
}

async fn create_and_start(
    docker: &Docker,
    config: &DockerConfig,
    replica: &Replica<'_>,
    network_id: &str,
) -> Result<(), RuntimeError> {
    let id = create(docker, config, replica, network_id).await?;
    start(docker, config, &id, replica).await
}

async fn create(
    docker: &Docker,
    config: &DockerConfig,
    replica: &Replica<'_>,
    network_id: &str,
) -> Result<String, RuntimeError> {
    let name = replica.name(&config.provider);
    let body: ContainerCreateBody = spec::create_body(config, replica, network_id);
    let options = CreateContainerOptionsBuilder::default().name(&name).build();
    let made =
        call("creating a container", config.call_timeout, docker.create_container(Some(options), body)).await;
    match made {
        Ok(made) => Ok(made.id),
        Err(error) if is_status(&error, 409) => Err(RuntimeError::NameConflict { name }),
        Err(error) if is_status(&error, 404) && error.to_string().to_lowercase().contains("image") => {
            Err(RuntimeError::ImageMissing { image: replica.service.image.clone() })
        }
        Err(RuntimeError::Refused { detail, status: 400, .. }) => {
            Err(RuntimeError::CannotStart { service: replica.service.name.clone(), detail })
        }
        Err(error) => Err(error),
    }
}

async fn start(
    docker: &Docker,
    config: &DockerConfig,
    id: &str,
    replica: &Replica<'_>,
) -> Result<(), RuntimeError> {
    call(
        "starting a container",
        config.call_timeout,
        docker.start_container(id, None::<StartContainerOptions>),
    )
    .await
    .map_err(|error| {
        start_error(error, &replica.service.name, &replica.host_ip.to_string(), &replica.host_ports())
    })
}

/// Signals it, waits, kills it, and removes it with its anonymous volumes.
async fn stop_and_remove(
    docker: &Docker,
    config: &DockerConfig,
    id: &str,
    grace: Duration,
) -> Result<(), RuntimeError> {
    if grace.as_secs() >= 1 {
        let seconds = grace.as_secs().try_into().unwrap_or(i32::MAX);
        let options = StopContainerOptionsBuilder::default().t(seconds).build();
        let bound = grace + config.call_timeout;
        gone_is_fine(call("stopping a container", bound, docker.stop_container(id, Some(options))).await)?;
    } else {
        // The engine counts whole seconds only. A container that does not run cannot be signalled, which is fine.
        let signalled =
            docker.kill_container(id, Some(KillContainerOptions { signal: "SIGTERM".to_owned() }));
        if call("signalling a container", config.call_timeout, signalled).await.is_ok() {
            let mut ended = Box::pin(docker.wait_container(id, None::<WaitContainerOptions>));
            let _ = tokio::time::timeout(grace, ended.next()).await;
        }
    }
    let options = RemoveContainerOptionsBuilder::default().v(true).force(true).build();
    let removed =
        call("removing a container", config.call_timeout, docker.remove_container(id, Some(options))).await;
    match removed {
        // Somebody else removes it right now; the network's removal waits for it or is tried again.
        Err(error) if is_status(&error, 409) => Ok(()),
        other => gone_is_fine(other),
    }
}
