use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use provider_agent::app::{self, Ended};
use provider_agent::cli::{Cli, Command, Init, Layers, Status};
use provider_agent::config::{self, Config, LogFormat, Problem};
use provider_agent::init::{self, Options};
use provider_agent::ops;

/// Exit code for a configuration that cannot be used, as in sysexits.h.
const BAD_CONFIG: u8 = 64;

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Init(args) => report(init(args)),
        Command::CheckConfig(layers) => check_config(&layers),
        Command::Run(layers) => run(&layers),
        Command::Status(args) => report(status(&args)),
    }
}

fn report(result: anyhow::Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e:#}");
            ExitCode::FAILURE
        }
    }
}

/// `KEY=VALUE` each.
fn pairs(set: &[String]) -> (Vec<(String, String)>, Vec<Problem>) {
    let (mut flags, mut problems) = (Vec::new(), Vec::new());
    for text in set {
        match text.split_once('=') {
            Some((key, value)) => flags.push((key.trim().to_owned(), value.to_owned())),
            None => problems.push(Problem::new(format!("--set {text}"), "expected KEY=VALUE")),
        }
    }
    (flags, problems)
}

fn load(layers: &Layers) -> (Config, Vec<Problem>) {
    let (flags, mut problems) = pairs(&layers.set);
    let default = config::default_dir().join("provider.toml");
    let file = layers.config.clone().or_else(|| default.exists().then_some(default));
    let loaded = config::load(file.as_deref(), std::env::vars(), &flags);
    problems.extend(loaded.problems);
    (loaded.config, problems)
}

fn refuse(problems: &[Problem]) -> ExitCode {
    for problem in problems {
        eprintln!("error: {problem}");
    }
    eprintln!("{} problem(s) in the configuration", problems.len());
    ExitCode::from(BAD_CONFIG)
}

fn check_config(layers: &Layers) -> ExitCode {
    let (config, mut problems) = load(layers);
    problems.extend(config::check_files(&config));
    if !problems.is_empty() {
        return refuse(&problems);
    }
    println!("the configuration is complete");
    ExitCode::SUCCESS
}

fn run(layers: &Layers) -> ExitCode {
    let (config, mut problems) = load(layers);
    problems.extend(config::check_files(&config));
    if !problems.is_empty() {
        return refuse(&problems);
    }
    let filter = match tracing_subscriber::EnvFilter::try_new(&config.ops.log) {
        Ok(filter) => filter,
        Err(e) => return refuse(&[Problem::new("ops.log", e.to_string())]),
    };
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr);
    match config.ops.log_format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
    // Two providers of cryptography may be linked in; this process uses one. An earlier choice is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => return report(Err(e.into())),
    };
    let ended = runtime.block_on(app::run(config));
    runtime.shutdown_background();
    match ended {
        Ok(Ended::Drained { after }) => {
            tracing::info!(?after, "stopped; everything came to rest");
            ExitCode::SUCCESS
        }
        Ok(Ended::CutOff { tasks }) => {
            tracing::warn!(?tasks, "stopped; these did not end in time and were cut off");
            ExitCode::SUCCESS
        }
        Err(e) => {
            tracing::error!(error = format!("{e:#}"), "stopped by a failure");
            ExitCode::FAILURE
        }
    }
}

fn init(args: Init) -> anyhow::Result<()> {
    let (mut set, problems) = pairs(&args.set);
    if let Some(problem) = problems.first() {
        anyhow::bail!("{problem}");
    }
    let path = |path: Option<PathBuf>| path.map(|path| path.display().to_string());
    for (key, value) in [
        ("chain.address_book", path(args.address_book)),
        ("provider.owner", args.owner),
        ("provider.passphrase_file", path(args.passphrase_file)),
    ] {
        // What --set says is the more explicit one.
        if let Some(value) = value.filter(|_| !set.iter().any(|(known, _)| known == key)) {
            set.push((key.to_owned(), value));
        }
    }
    let config = args.config.unwrap_or_else(|| config::default_dir().join("provider.toml"));
    let made = init::init(&Options { config, set, force: args.force })?;
    println!("configuration  {}", made.config.display());
    println!("operator key   {} ({})", made.operator, made.operator_key.display());
    if made.key_is_new && !made.encrypted {
        println!("               in clear, readable by you alone; --passphrase-file encrypts a new one");
    }
    if let Some(root) = &made.root {
        println!("root           {}", root.display());
    }
    println!();
    println!("Next, where the owner's key is:");
    println!("  akash provider register --endpoint https://THIS-MACHINE:8443");
    println!("  akash provider stake AMOUNT");
    println!("  akash provider operator add {}", made.operator);
    match &made.root {
        Some(root) => println!("  akash provider root publish --file {}", root.display()),
        None => println!("  akash provider root publish, and copy the root's directory to provider.root"),
    }
    println!("Send {} some fee money. Then here:", made.operator);
    println!("  provider-agent check-config --config {}", made.config.display());
    println!("  provider-agent run --config {}", made.config.display());
    Ok(())
}

fn status(args: &Status) -> anyhow::Result<()> {
    let (config, problems) = load(&args.layers);
    let address = match args.address {
        Some(address) => address,
        None => {
            anyhow::ensure!(problems.is_empty(), "{}", problems[0]);
            config.ops.listen
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let report = runtime.block_on(ops::fetch(address))?;
    match args.output.as_str() {
        "json" => println!("{}", serde_json::to_string_pretty(&report)?),
        _ => print!("{}", ops::render(&report)),
    }
    Ok(())
}
