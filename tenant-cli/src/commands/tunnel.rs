//! `akash tunnel test`: whether the connections of a deployment work, as the providers at both ends find.

use gateway_api::{Direction, Trial, Trials};
use market_api::{Lease, LeaseId};
use serde::Serialize;

use crate::cli::{TunnelCommand, TunnelTestArgs};
use crate::error::{CliError, Kind, Result};
use crate::flow::live_leases;
use crate::output::{table, Answer};
use crate::session::Session;
use crate::show;

/// A trial, and who made it.
#[derive(Serialize)]
struct Row {
    lease: LeaseId,
    provider: String,
    #[serde(flatten)]
    trial: Trial,
}

/// A lease whose provider could not be asked.
#[derive(Serialize)]
struct Unasked {
    lease: LeaseId,
    provider: String,
    problem: String,
}

#[derive(Serialize)]
struct Report {
    trials: Vec<Row>,
    unasked: Vec<Unasked>,
}

pub async fn run(session: &Session, command: TunnelCommand) -> Result<Answer> {
    match command {
        TunnelCommand::Test(args) => test(session, args).await,
    }
}

async fn test(session: &Session, args: TunnelTestArgs) -> Result<Answer> {
    let leases = live_leases(session, args.deployment, None).await?;
    let asked = leases.iter().map(|lease| async {
        let gateway = session.gateway(lease.provider.as_str()).await?;
        Ok(gateway.try_connections(lease.id).await?)
    });
    let answers: Vec<Result<Trials>> = futures::future::join_all(asked).await;
    let mut report = report(&leases, answers);
    if let Some(wanted) = &args.connection {
        let found: Vec<String> = names(&report);
        report.trials.retain(|row| row.trial.name == *wanted);
        if report.trials.is_empty() && report.unasked.is_empty() {
            let error = format!("deployment {} tried no connection {wanted:?}", args.deployment);
            return Err(CliError::not_found(error).hint(match found.is_empty() {
                true => "its services have no connections beyond their own group".to_owned(),
                false => format!("its connections: {}", found.join(", ")),
            }));
        }
    }
    conclude(report, &format!("akash status {} shows what each tunnel does", args.deployment))
}

fn report(leases: &[Lease], answers: Vec<Result<Trials>>) -> Report {
    let mut report = Report { trials: Vec::new(), unasked: Vec::new() };
    for (lease, answer) in leases.iter().zip(answers) {
        let (lease, provider) = (lease.id, lease.provider.to_string());
        match answer {
            Ok(Trials { trials }) => report.trials.extend(trials.into_iter().map(|trial| Row {
                lease,
                provider: provider.clone(),
                trial,
            })),
            Err(error) => report.unasked.push(Unasked { lease, provider, problem: error.message }),
        }
    }
    // Both ends of a connection next to each other, the caller's first.
    let incoming = |row: &Row| row.trial.direction == Direction::Incoming;
    report.trials.sort_by(|a, b| {
        (&a.trial.name, incoming(a), a.lease.0).cmp(&(&b.trial.name, incoming(b), b.lease.0))
    });
    report
}

fn names(report: &Report) -> Vec<String> {
    let mut names: Vec<String> = report.trials.iter().map(|row| row.trial.name.clone()).collect();
    names.dedup();
    names
}

/// A connection that fails, or that could not be tried, is an error: scripts see it by the exit code.
fn conclude(report: Report, hint: &str) -> Result<Answer> {
    let mut text = table(
        &["connection", "lease", "tried", "outcome"],
        report.trials.iter().map(line).collect(),
        "no connection to try: services of one group reach each other without the overlay",
    );
    for Unasked { lease, provider, problem } in &report.unasked {
        text.push_str(&format!("\nlease {lease} at {} was not asked: {problem}", show::short(provider)));
    }
    let failed = report.trials.iter().filter(|row| row.trial.outcome.fails()).count();
    if failed == 0 && report.unasked.is_empty() {
        return Ok(Answer::new(report, text));
    }
    let kind = if failed > 0 { Kind::Failure } else { Kind::Unreachable };
    let count = format!("{failed} of {} trials failed", report.trials.len());
    let details = serde_json::to_value(&report).unwrap_or_default();
    Err(CliError::new(kind, format!("{count}\n{text}")).hint(hint).details(details))
}

fn line(row: &Row) -> Vec<String> {
    let Trial { name, direction, peer, outcome } = &row.trial;
    let tried = match (direction, peer) {
        (Direction::Outgoing, Some(peer)) => {
            format!("{} to {}", show::short(&row.provider), show::short(peer.as_str()))
        }
        (Direction::Outgoing, None) => format!("within {}", show::short(&row.provider)),
        (Direction::Incoming, _) => format!("the service at {}", show::short(&row.provider)),
    };
    vec![name.clone(), row.lease.to_string(), tried, outcome.to_string()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateway_api::Outcome;

    fn row(lease: u64, direction: Direction, outcome: Outcome) -> Row {
        let trial = Trial { name: "web.db.5432.tcp".into(), direction, peer: None, outcome };
        Row { lease: LeaseId(lease), provider: "provider".into(), trial }
    }

    #[test]
    fn a_connection_that_fails_at_either_end_is_an_error_with_the_reason() {
        let works = || row(1, Direction::Outgoing, Outcome::Works);
        let answer = conclude(Report { trials: vec![works()], unasked: vec![] }, "look").unwrap();
        assert!(answer.text.contains("within provider") && answer.text.contains("works"), "{}", answer.text);
        assert_eq!(answer.json["trials"][0]["outcome"]["result"], "works");

        let fails = row(2, Direction::Incoming, Outcome::Fails { reason: "nobody is home".into() });
        let error = conclude(Report { trials: vec![works(), fails], unasked: vec![] }, "look").unwrap_err();
        assert_eq!(error.kind, Kind::Failure);
        assert!(error.message.starts_with("1 of 2 trials failed"), "{}", error.message);
        assert!(error.message.contains("nobody is home"), "{}", error.message);
    }

    #[test]
    fn a_provider_that_was_not_asked_is_an_error_too() {
        let silent = Unasked { lease: LeaseId(3), provider: "p".into(), problem: "no answer".into() };
        let error = conclude(Report { trials: vec![], unasked: vec![silent] }, "look").unwrap_err();
        assert_eq!(error.kind, Kind::Unreachable);
        assert!(error.message.contains("lease 3 at p was not asked: no answer"), "{}", error.message);
    }
}
