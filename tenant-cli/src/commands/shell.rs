//! `akash shell`: a command inside a running replica, with this terminal as its own.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use futures::{SinkExt, StreamExt};
use gateway_api::{Problem, ShellControl, ShellFrame, ShellQuery};
use serde_json::json;
use tokio::io::AsyncReadExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::WebSocketStream;

use super::Done;
use crate::cli::ShellArgs;
use crate::error::{CliError, Result};
use crate::flow::live_leases;
use crate::gateway::Io;
use crate::output::Answer;
use crate::session::Session;

/// Bytes of input in one message.
const CHUNK: usize = 16 * 1024;

type Socket = WebSocketStream<Box<dyn Io>>;

pub async fn run(session: &Session, args: ShellArgs) -> Result<Done> {
    let leases = live_leases(session, args.deployment, args.group.as_deref()).await?;
    let capture = session.json();
    let tty = !capture && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let query = ShellQuery {
        service: args.service,
        replica: args.replica,
        tty,
        stdin: !capture,
        size: if tty {
            crossterm::terminal::size().ok().map(|(columns, rows)| (rows, columns))
        } else {
            None
        },
        command: args.command,
    };
    let mut refused = None;
    for lease in &leases {
        let gateway = session.gateway(lease.provider.as_str()).await?;
        match gateway.shell(lease.id, &query).await {
            Ok(socket) if capture => return captured(socket).await,
            Ok(socket) => return interactive(socket, tty).await,
            // The service may be in another group of the deployment.
            Err(error) if matches!(error.problem(), Some(Problem::NoSuchService { .. })) => {
                refused = Some(error)
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(refused.map_or_else(|| CliError::failure("no lease to ask"), CliError::from))
}

/// Raw mode for as long as this lives, so that an error leaves the terminal as it was.
struct Raw;

impl Raw {
    fn enter() -> Result<Self> {
        crossterm::terminal::enable_raw_mode()
            .map(|()| Self)
            .map_err(|error| CliError::failure(format!("the terminal cannot be set up: {error}")))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

async fn interactive(socket: Socket, tty: bool) -> Result<Done> {
    let raw = if tty { Some(Raw::enter()?) } else { None };
    let (mut to, mut from) = socket.split();
    let mut stdin = tokio::io::stdin();
    let mut buffer = vec![0; CHUNK];
    let mut input_open = true;
    let mut resized = resizes()?;
    let code = loop {
        let frame = tokio::select! {
            message = from.next() => match output(message)? {
                Some(Output::Bytes(stderr, bytes)) => {
                    write(stderr, &bytes)?;
                    None
                }
                Some(Output::Exit(code)) => break code,
                None => None,
            },
            read = stdin.read(&mut buffer), if input_open => match read {
                // An empty message is the end of input; the command's output still comes.
                Ok(0) | Err(_) => { input_open = false; Some(ShellFrame::Stdin(Vec::new())) }
                Ok(count) => Some(ShellFrame::Stdin(buffer[..count].to_vec())),
            },
            Some(()) = resized.recv(), if tty => crossterm::terminal::size()
                .ok()
                .map(|(columns, rows)| ShellFrame::Control(ShellControl::Resize { rows, columns })),
        };
        if let Some(frame) = frame {
            // When sending fails the reason comes from reading.
            let _ = to.send(Message::binary(frame.encode())).await;
        }
    };
    drop(raw);
    Ok(Done::Streamed(exit(code)))
}

/// With `--output json` everything is collected into one document.
async fn captured(socket: Socket) -> Result<Done> {
    let (_to, mut from) = socket.split();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let code = loop {
        match output(from.next().await)? {
            Some(Output::Bytes(false, bytes)) => stdout.extend(bytes),
            Some(Output::Bytes(true, bytes)) => stderr.extend(bytes),
            Some(Output::Exit(code)) => break code,
            None => {}
        }
    };
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    let answer = Answer::new(json!({ "exit_code": code, "stdout": stdout, "stderr": stderr }), "");
    write(false, answer.render(crate::output::Format::Json).as_bytes())?;
    Ok(Done::Streamed(exit(code)))
}

enum Output {
    /// Whether it is standard error, and what.
    Bytes(bool, Vec<u8>),
    Exit(i64),
}

fn output(message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>) -> Result<Option<Output>> {
    let broken =
        |why: String| CliError::unreachable(format!("the session broke off: {why}")).hint("try again");
    let message = match message {
        Some(Ok(message)) => message,
        Some(Err(error)) => return Err(broken(error.to_string())),
        None => return Err(broken("the provider closed it".to_owned())),
    };
    let bytes = match message {
        Message::Binary(bytes) => bytes,
        Message::Close(frame) => {
            let why = frame.map(|frame| frame.reason.to_string()).filter(|reason| !reason.is_empty());
            return Err(broken(why.unwrap_or_else(|| "the provider closed it".to_owned())));
        }
        _ => return Ok(None),
    };
    match ShellFrame::decode(&bytes).map_err(|error| broken(error.to_string()))? {
        ShellFrame::Stdout(bytes) => Ok(Some(Output::Bytes(false, bytes))),
        ShellFrame::Stderr(bytes) => Ok(Some(Output::Bytes(true, bytes))),
        ShellFrame::Control(ShellControl::Exit { code }) => Ok(Some(Output::Exit(code))),
        ShellFrame::Control(ShellControl::Error { message }) => Err(CliError::failure(message)),
        ShellFrame::Control(ShellControl::Resize { .. }) | ShellFrame::Stdin(_) => Ok(None),
    }
}

fn write(stderr: bool, bytes: &[u8]) -> Result<()> {
    let written = if stderr {
        let mut out = std::io::stderr().lock();
        out.write_all(bytes).and_then(|()| out.flush())
    } else {
        let mut out = std::io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush())
    };
    written.map_err(|error| CliError::failure(format!("the output cannot be written: {error}")))
}

/// As shells do: what does not fit into a byte is a plain failure.
fn exit(code: i64) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Tells of every change of the terminal's size.
fn resizes() -> Result<tokio::sync::mpsc::Receiver<()>> {
    let (tell, told) = tokio::sync::mpsc::channel(1);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{signal, SignalKind};
        let mut changes = signal(SignalKind::window_change())
            .map_err(|error| CliError::failure(format!("signals cannot be followed: {error}")))?;
        tokio::spawn(async move {
            while changes.recv().await.is_some() {
                if tell.send(()).await.is_err() {
                    break;
                }
            }
        });
    }
    #[cfg(not(unix))]
    drop(tell);
    Ok(told)
}
