//! From the engine's errors to ours.

use bollard::errors::Error;
use futures::{stream, StreamExt};
use std::future::Future;
use std::time::Duration;

use crate::runtime::RuntimeError;

/// Runs one call within a bound.
pub(super) async fn call<T>(
    doing: &'static str,
    after: Duration,
    future: impl Future<Output = Result<T, Error>>,
) -> Result<T, RuntimeError> {
    match tokio::time::timeout(after, future).await {
        Ok(result) => result.map_err(|e| from_engine(doing, after, e)),
        Err(_) => Err(RuntimeError::Timeout { doing, after }),
    }
}

/// Does all of it, at most `parallel` at once. The first failure is reported once everything has been tried: what can
/// be done is done.
pub(super) async fn together<T, F>(work: Vec<F>, parallel: usize) -> Result<Vec<T>, RuntimeError>
where
    F: Future<Output = Result<T, RuntimeError>>,
{
    let results: Vec<_> = stream::iter(work).buffer_unordered(parallel.max(1)).collect().await;
    results.into_iter().collect()
}

pub(super) fn from_engine(doing: &'static str, after: Duration, error: Error) -> RuntimeError {
    match error {
        Error::DockerResponseServerError { status_code, message } => {
            RuntimeError::Refused { doing, status: status_code, detail: message }
        }
        Error::RequestTimeoutError => RuntimeError::Timeout { doing, after },
        Error::JsonDataError { message, .. } => RuntimeError::Answer { doing, detail: message },
        error @ (Error::JsonSerdeError { .. }
        | Error::StrParseError { .. }
        | Error::APIVersionParseError {}) => RuntimeError::Answer { doing, detail: error.to_string() },
        Error::DockerStreamError { error } => RuntimeError::Refused { doing, status: 500, detail: error },
        other => RuntimeError::EngineUnreachable { detail: with_causes(&other) },
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let next_text = next.to_string();
        if !text.contains(&next_text) {
            text.push_str(": ");
            text.push_str(&next_text);
        }
        cause = next.source();
    }
    text
}

pub(super) fn is_status(error: &RuntimeError, wanted: u16) -> bool {
    matches!(error, RuntimeError::Refused { status, .. } if *status == wanted)
}

/// Absence is what some calls want: turns "no such thing" into success.
pub(super) fn gone_is_fine(result: Result<(), RuntimeError>) -> Result<(), RuntimeError> {
    match result {
        Err(error) if is_status(&error, 404) => Ok(()),
        other => other,
    }
}

/// What a failed start means. The engine says it only in words.
pub(super) fn start_error(error: RuntimeError, service: &str, host_ip: &str, ports: &[u16]) -> RuntimeError {
    let RuntimeError::Refused { detail, status, .. } = &error else { return error };
    let taken = detail.contains("port is already allocated") || detail.contains("address already in use");
    if taken {
        let port = ports
            .iter()
            .find(|port| {
                detail
                    .split(|c: char| !c.is_ascii_digit())
                    .any(|number| number.parse::<u16>().is_ok_and(|number| number == **port))
            })
            .or(ports.first());
        if let Some(port) = port {
            return RuntimeError::PortInUse { host_ip: host_ip.to_owned(), port: *port };
        }
    }
    if *status == 404 {
        return error;
    }
    RuntimeError::CannotStart { service: service.to_owned(), detail: detail.trim().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_told_apart_from_other_reasons_not_to_start() {
        let refused = |detail: &str| RuntimeError::Refused {
            doing: "starting a container",
            status: 500,
            detail: detail.to_owned(),
        };
        let docker =
            "driver failed programming external connectivity on endpoint akash-x-1-web-0 (6f80): Bind for \
                      127.0.0.1:30001 failed: port is already allocated";
        let foreign =
            "driver failed programming external connectivity: Error starting userland proxy: listen tcp4 \
                       127.0.0.1:30001: bind: address already in use";
        for detail in [docker, foreign] {
            assert_eq!(
                start_error(refused(detail), "web", "127.0.0.1", &[30000, 30001]),
                RuntimeError::PortInUse { host_ip: "127.0.0.1".into(), port: 30001 }
            );
        }
        let absent = "OCI runtime create failed: exec: \"nope\": executable file not found in $PATH";
        assert!(matches!(
            start_error(refused(absent), "web", "127.0.0.1", &[30000]),
            RuntimeError::CannotStart { service, .. } if service == "web"
        ));
    }
}
