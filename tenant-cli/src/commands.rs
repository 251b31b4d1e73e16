//! What the commands do.

mod audit;
mod cert;
mod close;
mod delegate;
mod deploy;
mod gov;
mod image;
mod init;
mod keys;
mod lists;
mod logs;
mod manifest;
mod plan;
mod provider;
mod raw;
mod secrets;
mod shell;
mod standing;
mod status;
mod tunnel;
mod update;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::error::Result;
use crate::output::Answer;
use crate::session::Session;

/// How a command that did not fail ended.
pub enum Done {
    Answer(Answer),
    /// Everything was streamed already; the process ends with this code.
    Streamed(ExitCode),
}

impl From<Answer> for Done {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

pub async fn run(cli: Cli) -> Result<Done> {
    let session = &Session::new(cli.global)?;
    Ok(match cli.command {
        Command::Init(args) => init::run(session, args).await?.into(),
        Command::Deploy(args) => deploy::run(session, args).await?.into(),
        Command::Plan(args) => plan::run(session, args).await?.into(),
        Command::Status(args) => status::run(session, args).await?.into(),
        Command::Logs(args) => logs::run(session, args).await?,
        Command::Shell(args) => shell::run(session, args).await?,
        Command::Tunnel(command) => tunnel::run(session, command).await?.into(),
        Command::Update(args) => update::run(session, args).await?.into(),
        Command::SendManifest(args) => update::send(session, args).await?.into(),
        Command::Secrets(command) => secrets::run(session, command).await?.into(),
        Command::TopUp(args) => close::top_up(session, args).await?.into(),
        Command::Close(args) => close::run(session, args).await?.into(),
        Command::Deployments(args) => lists::deployments(session, args).await?.into(),
        Command::Orders(args) => lists::orders(session, args).await?.into(),
        Command::Bids(args) => lists::bids(session, args).await?.into(),
        Command::Leases(args) => lists::leases(session, args).await?.into(),
        Command::Providers(args) => lists::providers(session, args).await?.into(),
        Command::Provider(command) => provider::run(session, command).await?.into(),
        Command::Delegate(command) => delegate::run(session, command).await?.into(),
        Command::Audit(command) => audit::run(session, command).await?.into(),
        Command::Gov(command) => gov::run(session, command).await?.into(),
        Command::Manifest(command) => manifest::run(session, &command)?.into(),
        Command::Image(command) => image::run(session, command).await?.into(),
        Command::Keys(command) => keys::run(session, command)?.into(),
        Command::Cert(command) => cert::run(session, command).await?.into(),
        Command::Tx(args) => raw::tx(session, args).await?.into(),
        Command::Query(args) => raw::query(session, args).await?.into(),
        Command::Invariants => raw::invariants(session).await?.into(),
    })
}
