//! Logs and usage.

use bollard::container::LogOutput;
use bollard::models::ContainerStatsResponse;
use bollard::query_parameters::{LogsOptionsBuilder, StatsOptionsBuilder};
use bollard::Docker;
use futures::stream::{BoxStream, SelectAll};
use futures::{StreamExt, TryStreamExt};
use gateway_api::{LogLine, LogStream, LogsQuery, ServiceMetrics};
use market_api::LeaseId;
use time::format_description::well_known::Rfc3339;
use time::OffsetDateTime;

use super::config::DockerConfig;
use super::errors::{call, from_engine, is_status, together};
use super::observe::{self, Found};
use crate::runtime::{ContainerState, ObservedContainer, RuntimeError};

/// Replicas asked at the same time.
const PARALLEL: usize = 8;

pub(super) async fn logs(
    docker: &Docker,
    config: &DockerConfig,
    lease: LeaseId,
    query: &LogsQuery,
) -> Result<BoxStream<'static, Result<LogLine, RuntimeError>>, RuntimeError> {
    let found = observe::containers(docker, config, Some(lease)).await?;
    let tail = query.tail.map_or_else(|| "all".to_owned(), |lines| lines.to_string());
    let mut all = SelectAll::new();
    for container in found.into_iter().map(|found| found.seen) {
        let wanted = query.service.as_ref().is_none_or(|service| *service == container.service)
            && query.replica.is_none_or(|replica| replica == container.replica);
        if !wanted {
            continue;
        }
        let options = LogsOptionsBuilder::default()
            .stdout(true)
            .stderr(true)
            .timestamps(true)
            .follow(query.follow)
            .tail(&tail)
            .build();
        let after = config.call_timeout;
        let lines = docker
            .logs(&container.container.id, Some(options))
            .map_err(move |e| from_engine("reading logs", after, e))
            .map_ok(move |output| line(&container, output));
        all.push(lines.boxed());
    }
    Ok(all.boxed())
}

fn line(container: &ObservedContainer, output: LogOutput) -> LogLine {
    let stream = match output {
        LogOutput::StdErr { .. } => LogStream::Stderr,
        _ => LogStream::Stdout,
    };
    let text = String::from_utf8_lossy(output.as_ref()).into_owned();
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    // The engine writes the time in front of each line.
    let (at_ms, line) = text
        .split_once(' ')
        .or(Some((text, "")))
        .and_then(|(time, line)| {
            let at = OffsetDateTime::parse(time, &Rfc3339).ok()?;
            Some((u64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()?, line))
        })
        .unwrap_or((0, text));
    LogLine {
        service: container.service.clone(),
        replica: container.replica,
        stream,
        at_ms,
        line: line.to_owned(),
    }
}

pub(super) async fn stats(
    docker: &Docker,
    config: &DockerConfig,
    lease: LeaseId,
) -> Result<Vec<ServiceMetrics>, RuntimeError> {
    let found = observe::containers(docker, config, Some(lease)).await?;
    let running = found.into_iter().filter(|found| found.seen.state == ContainerState::Running);
    let mut asking = Vec::new();
    for found in running {
        asking.push(sample(docker, config, found));
    }
    let mut metrics: Vec<ServiceMetrics> = together(asking, PARALLEL).await?.into_iter().flatten().collect();
    metrics.sort_by(|a, b| (&a.service, a.replica).cmp(&(&b.service, b.replica)));
    Ok(metrics)
}

/// None when it ended meanwhile.
async fn sample(
    docker: &Docker,
    config: &DockerConfig,
    found: Found,
) -> Result<Option<ServiceMetrics>, RuntimeError> {
    // Two samples, so that the rate of cpu is known.
    let options = StatsOptionsBuilder::default().stream(false).build();
    let mut samples = Box::pin(docker.stats(&found.seen.container.id, Some(options)));
    let asked = call("reading usage", config.call_timeout, async { samples.next().await.transpose() }).await;
    match asked {
        Ok(sample) => Ok(sample.map(|sample| usage(&found, &sample))),
        Err(error) if is_status(&error, 404) => Ok(None),
        Err(error) => Err(error),
    }
}

fn usage(found: &Found, sample: &ContainerStatsResponse) -> ServiceMetrics {
    let cpu = sample.cpu_stats.as_ref();
    let before = sample.precpu_stats.as_ref();
    let total = |stats: Option<&bollard::models::ContainerCpuStats>| {
        stats.and_then(|stats| stats.cpu_usage.as_ref()?.total_usage).unwrap_or(0)
    };
    let system = |stats: Option<&bollard::models::ContainerCpuStats>| {
        stats.and_then(|stats| stats.system_cpu_usage).unwrap_or(0)
    };
    let used = total(cpu).saturating_sub(total(before));
    let passed = system(cpu).saturating_sub(system(before));
    let cores = u64::from(cpu.and_then(|cpu| cpu.online_cpus).unwrap_or(1));
    let cpu_millis = if passed == 0 {
        0
    } else {
        u64::try_from(u128::from(used) * u128::from(cores) * 1000 / u128::from(passed)).unwrap_or(u64::MAX)
    };
    let memory = sample.memory_stats.as_ref();
    let cache = memory
        .and_then(|memory| memory.stats.as_ref())
        // By cgroup version 1, then 2.
        .and_then(|stats| stats.get("total_inactive_file").or_else(|| stats.get("inactive_file")))
        .copied()
        .unwrap_or(0);
    let networks = sample.networks.iter().flat_map(|networks| networks.values());
    let (net_rx, net_tx) = networks.fold((0u64, 0u64), |(rx, tx), network| {
        (rx.saturating_add(network.rx_bytes.unwrap_or(0)), tx.saturating_add(network.tx_bytes.unwrap_or(0)))
    });
    ServiceMetrics {
        service: found.seen.service.clone(),
        replica: found.seen.replica,
        cpu_total_ns: total(cpu),
        cpu_millis,
        cpu_limit_millis: found.cpu_limit_millis,
        memory: memory.and_then(|memory| memory.usage).unwrap_or(0).saturating_sub(cache),
        memory_limit: memory.and_then(|memory| memory.limit).unwrap_or(0),
        net_rx,
        net_tx,
        pids: sample.pids_stats.as_ref().and_then(|pids| pids.current).unwrap_or(0),
    }
}
