//! `akash logs`.

use std::io::Write;
use std::process::ExitCode;

use futures::stream::{FuturesUnordered, StreamExt};
use gateway_api::{LogLine, LogsQuery};
use market_api::{Lease, LeaseId};
use serde::Serialize;
use tokio::sync::mpsc;

use super::Done;
use crate::cli::LogsArgs;
use crate::error::{CliError, Result};
use crate::flow::live_leases;
use crate::session::Session;

/// Lines that wait to be written.
const BUFFER: usize = 256;

/// One line of `--output json`.
#[derive(Serialize)]
struct Line<'a> {
    lease: LeaseId,
    group: &'a str,
    #[serde(flatten)]
    line: &'a LogLine,
}

pub async fn run(session: &Session, args: LogsArgs) -> Result<Done> {
    let leases = live_leases(session, args.deployment, args.group.as_deref()).await?;
    let several = leases.len() > 1;
    let query =
        LogsQuery { service: args.service.clone(), replica: None, tail: args.tail, follow: args.follow };
    let (lines, mut incoming) = mpsc::channel::<(usize, LogLine)>(BUFFER);
    let read_all = async {
        let mut readers: FuturesUnordered<_> = leases
            .iter()
            .enumerate()
            .map(|(index, lease)| read(session, lease, &query, index, lines.clone()))
            .collect();
        drop(lines);
        let (mut failures, mut served) = (Vec::new(), 0);
        while let Some(ended) = readers.next().await {
            match ended {
                Ok(()) => served += 1,
                Err(error) => failures.push(error),
            }
        }
        // A service may be in one group only: others that do not know it do not matter then.
        match failures.into_iter().next() {
            Some(error) if served == 0 => Err(error),
            _ => Ok(()),
        }
    };
    let write_all = async {
        let mut out = std::io::stdout();
        while let Some((index, line)) = incoming.recv().await {
            let lease = &leases[index];
            let text = if session.json() {
                let line = Line { lease: lease.id, group: &lease.group, line: &line };
                serde_json::to_string(&line).unwrap_or_default()
            } else if several {
                format!("{}/{}[{}] {}", lease.group, line.service, line.replica, line.line)
            } else if args.service.is_some() && line.replica == 0 {
                line.line.clone()
            } else {
                format!("{}[{}] {}", line.service, line.replica, line.line)
            };
            // The reader has gone, as with `| head`: there is nobody to tell.
            if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
                return;
            }
        }
    };
    tokio::select! {
        read = async { futures::join!(read_all, write_all).0 } => read?,
        () = super::deploy::interrupted() => {}
    }
    Ok(Done::Streamed(ExitCode::SUCCESS))
}

async fn read(
    session: &Session,
    lease: &Lease,
    query: &LogsQuery,
    index: usize,
    lines: mpsc::Sender<(usize, LogLine)>,
) -> Result<()> {
    let gateway = session.gateway(lease.provider.as_str()).await?;
    let mut stream = gateway.logs(lease.id, query).await.map_err(CliError::from)?;
    while let Some(line) = stream.next().await? {
        if lines.send((index, line)).await.is_err() {
            break;
        }
    }
    Ok(())
}
