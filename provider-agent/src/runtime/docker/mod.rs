//! Docker Engine as the runtime, through its API.

mod apply;
mod archive;
mod config;
mod errors;
mod exec;
mod firewall;
mod images;
mod labels;
mod network;
mod observe;
mod spec;
mod streams;

pub use config::{DockerConfig, DEFAULT_CAPABILITIES};

use std::collections::BTreeSet;
use std::path::Path;

use async_trait::async_trait;
use bollard::query_parameters::{InspectContainerOptions, RestartContainerOptionsBuilder};
use bollard::{Docker, API_DEFAULT_VERSION};
use content::ContentId;
use futures::stream::BoxStream;
use gateway_api::{LogLine, LogsQuery, ServiceMetrics};
use market_api::LeaseId;
use tokio::sync::Mutex;

use super::{
    Capacity, ContainerRef, ExecRequest, ExecSession, ObservedLease, Redirect, Runtime, RuntimeError,
    Workload,
};
use errors::{call, is_status, start_error};
use firewall::Firewall;

/// The containers of one provider in one engine. Other providers' containers in the same engine are told apart by
/// their label.
pub struct DockerRuntime {
    config: DockerConfig,
    /// None when somebody else sees to what workloads may reach.
    firewall: Option<Firewall>,
    /// The client, once the engine has been asked which version of its API it speaks.
    client: Mutex<Option<Docker>>,
}

impl DockerRuntime {
    /// Does not speak to the engine yet, so that an agent starts while its engine is down.
    pub fn new(config: DockerConfig) -> Self {
        let firewall = config.firewall.then(|| Firewall::new(&config.provider));
        Self { config, firewall, client: Mutex::new(None) }
    }

    pub fn config(&self) -> &DockerConfig {
        &self.config
    }

    async fn docker(&self) -> Result<Docker, RuntimeError> {
        let mut client = self.client.lock().await;
        if let Some(docker) = client.as_ref() {
            return Ok(docker.clone());
        }
        let endpoint = &self.config.endpoint;
        let after = self.config.call_timeout;
        let seconds = after.as_secs().max(1);
        let connected = if endpoint.starts_with("unix://") {
            Docker::connect_with_unix(endpoint, seconds, API_DEFAULT_VERSION)
        } else if endpoint.starts_with("tcp://") || endpoint.starts_with("http://") {
            Docker::connect_with_http(endpoint, seconds, API_DEFAULT_VERSION)
        } else {
            return Err(RuntimeError::EngineUnreachable {
                detail: format!("endpoint {endpoint:?} is neither unix:///path nor tcp://host:port"),
            });
        };
        let docker = connected.map_err(|e| errors::from_engine("connecting", after, e))?;
        let docker = call("asking for the engine's version", after, docker.negotiate_version()).await?;
        // Stopping a container takes as long as its grace; every call has its own, shorter bound.
        let docker = docker.with_timeout(after + self.config.stop_timeout);
        Ok(client.insert(docker).clone())
    }
}

#[async_trait]
impl Runtime for DockerRuntime {
    async fn capacity(&self) -> Result<Capacity, RuntimeError> {
        let docker = self.docker().await?;
        let info = call("asking for capacity", self.config.call_timeout, docker.info()).await?;
        let missing = |what: &str| RuntimeError::Answer {
            doing: "asking for capacity",
            detail: format!("no number of {what}"),
        };
        let cpus = info.ncpu.and_then(|n| u64::try_from(n).ok()).ok_or_else(|| missing("processors"))?;
        let memory = info.mem_total.and_then(|n| u64::try_from(n).ok()).ok_or_else(|| missing("memory"))?;
        // Only of an engine on this machine; a remote one does not say.
        let disk = info.docker_root_dir.and_then(|dir| rustix::fs::statvfs(dir).ok());
        let (storage, storage_free) = disk.map_or((0, 0), |disk| {
            (disk.f_blocks.saturating_mul(disk.f_frsize), disk.f_bavail.saturating_mul(disk.f_frsize))
        });
        Ok(Capacity { cpu_millis: cpus.saturating_mul(1000), memory, storage, storage_free })
    }

    async fn isolate(&self) -> Result<(), RuntimeError> {
        match &self.firewall {
            Some(firewall) => firewall.ensure().await,
            None => Ok(()),
        }
    }

    async fn redirect(&self, redirects: Vec<Redirect>) -> Result<(), RuntimeError> {
        match &self.firewall {
            Some(firewall) => firewall.redirect(redirects).await,
            None if redirects.is_empty() => Ok(()),
            None => Err(RuntimeError::Firewall {
                detail: "workloads have connections to other providers, and runtime.firewall is \"none\": set it to \
                         \"nftables\""
                    .to_owned(),
            }),
        }
    }

    async fn observe(&self) -> Result<Vec<ObservedLease>, RuntimeError> {
        observe::leases(&self.docker().await?, &self.config, None).await
    }

    async fn observe_lease(&self, lease: LeaseId) -> Result<Option<ObservedLease>, RuntimeError> {
        let leases = observe::leases(&self.docker().await?, &self.config, Some(lease)).await?;
        Ok(leases.into_iter().next())
    }

    async fn apply(&self, workload: &Workload) -> Result<ObservedLease, RuntimeError> {
        self.isolate().await?;
        apply::apply(&self.docker().await?, &self.config, workload).await
    }

    async fn remove(&self, lease: LeaseId) -> Result<(), RuntimeError> {
        apply::remove(&self.docker().await?, &self.config, lease).await
    }

    async fn restart(&self, container: &ContainerRef) -> Result<(), RuntimeError> {
        let docker = self.docker().await?;
        let gone = || RuntimeError::Gone { name: container.name.clone() };
        let inspected = call(
            "inspecting a container",
            self.config.call_timeout,
            docker.inspect_container(&container.id, None::<InspectContainerOptions>),
        )
        .await;
        let details = match inspected {
            Err(error) if is_status(&error, 404) => return Err(gone()),
            other => other?,
        };
        let labels = details.config.and_then(|config| config.labels).unwrap_or_default();
        if labels.get(labels::PROVIDER) != Some(&self.config.provider) {
            return Err(RuntimeError::NameConflict { name: container.name.clone() });
        }
        let bindings = details.host_config.and_then(|host| host.port_bindings).unwrap_or_default();
        let bound: Vec<_> = bindings.into_values().flatten().flatten().collect();
        let ports: Vec<u16> = bound.iter().filter_map(|b| b.host_port.as_ref()?.parse().ok()).collect();
        let host_ip = bound.first().and_then(|b| b.host_ip.clone()).unwrap_or_default();
        let grace = self.config.stop_timeout;
        let seconds = grace.as_secs().try_into().unwrap_or(i32::MAX);
        let options = RestartContainerOptionsBuilder::default().t(seconds).build();
        let restarted = call(
            "restarting a container",
            grace + self.config.call_timeout,
            docker.restart_container(&container.id, Some(options)),
        )
        .await;
        match restarted {
            Err(error) if is_status(&error, 404) => Err(gone()),
            Err(error) => {
                let service = labels.get(labels::SERVICE).cloned().unwrap_or_default();
                Err(start_error(error, &service, &host_ip, &ports))
            }
            Ok(()) => Ok(()),
        }
    }

    async fn logs(
        &self,
        lease: LeaseId,
        query: &LogsQuery,
    ) -> Result<BoxStream<'static, Result<LogLine, RuntimeError>>, RuntimeError> {
        streams::logs(&self.docker().await?, &self.config, lease, query).await
    }

    async fn exec(&self, lease: LeaseId, request: &ExecRequest) -> Result<ExecSession, RuntimeError> {
        exec::exec(&self.docker().await?, &self.config, lease, request).await
    }

    async fn stats(&self, lease: LeaseId) -> Result<Vec<ServiceMetrics>, RuntimeError> {
        streams::stats(&self.docker().await?, &self.config, lease).await
    }

    async fn image_present(&self, image: &str) -> Result<bool, RuntimeError> {
        Ok(apply::image_id(&self.docker().await?, &self.config, image).await?.is_some())
    }

    async fn loaded_image(&self, content: ContentId) -> Result<Option<String>, RuntimeError> {
        images::loaded(&self.docker().await?, &self.config, content).await
    }

    async fn load_image(&self, content: ContentId, archive: &Path) -> Result<String, RuntimeError> {
        images::load(&self.docker().await?, &self.config, content, archive).await
    }

    async fn keep_images(&self, keep: &BTreeSet<ContentId>) -> Result<(), RuntimeError> {
        images::keep(&self.docker().await?, &self.config, keep).await
    }
}
