//! Commands in running containers. The engine's stream is read here and not by the client library, which would take
//! the first bytes of a terminal's raw output for a frame's length and buffer that much of what a workload sends.

use bollard::models::ExecConfig;
use bollard::query_parameters::ResizeExecOptionsBuilder;
use bollard::Docker;
use bytes::{Buf, Bytes, BytesMut};
use futures::stream::{self, StreamExt};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use market_api::LeaseId;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::{mpsc, oneshot};

use super::config::DockerConfig;
use super::errors::{call, is_status};
use super::observe;
use crate::runtime::{ContainerState, ExecInput, ExecOutput, ExecRequest, ExecSession, RuntimeError};

/// Messages between the session and its user before the slower one is waited for.
const QUEUE: usize = 16;
/// Largest piece of output handed on, in bytes.
const PIECE: usize = 16 * 1024;
/// Largest frame that the engine may send, in bytes; its own pieces have 32 KiB.
const MAX_FRAME: usize = 1024 * 1024;
/// Refusals of the engine are short.
const MAX_REFUSAL: usize = 8 * 1024;

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub(super) async fn exec(
    docker: &Docker,
    config: &DockerConfig,
    lease: LeaseId,
    request: &ExecRequest,
) -> Result<ExecSession, RuntimeError> {
    let found = observe::containers(docker, config, Some(lease)).await?;
    let container = found
        .into_iter()
        .map(|found| found.seen)
        .find(|seen| {
            seen.service == request.service
                && seen.replica == request.replica
                && seen.state == ContainerState::Running
        })
        .ok_or_else(|| RuntimeError::NotRunning {
            lease: lease.to_string(),
            service: request.service.clone(),
            replica: request.replica,
        })?;
    let body = ExecConfig {
        attach_stdin: Some(request.stdin),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        tty: Some(request.tty),
        cmd: Some(request.command.clone()),
        privileged: Some(false),
        ..Default::default()
    };
    let made =
        call("preparing a command", config.call_timeout, docker.create_exec(&container.container.id, body))
            .await;
    let id = match made {
        Err(error) if is_status(&error, 404) => {
            return Err(RuntimeError::Gone { name: container.container.name })
        }
        other => other?.id,
    };
    let started = tokio::time::timeout(config.call_timeout, attach(config, &id, request.tty)).await;
    let stream = started
        .map_err(|_| RuntimeError::Timeout { doing: "starting a command", after: config.call_timeout })??;
    if let Some((rows, columns)) = request.size.filter(|_| request.tty) {
        resize(docker, config, &id, rows, columns).await;
    }

    let (input, mut commands) = mpsc::channel::<ExecInput>(QUEUE);
    let (exited, exit) = oneshot::channel();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let (output, pieces) = mpsc::channel::<Result<ExecOutput, RuntimeError>>(QUEUE);
    let tty = request.tty;

    let (resizer, resizer_config, resizer_id) = (docker.clone(), config.clone(), id.clone());
    let writing = tokio::spawn(async move {
        while let Some(command) = commands.recv().await {
            let written = match command {
                ExecInput::Data(data) => writer.write_all(&data).await,
                ExecInput::Eof if tty => Ok(()),
                ExecInput::Eof => writer.shutdown().await,
                ExecInput::Resize { rows, columns } => {
                    resize(&resizer, &resizer_config, &resizer_id, rows, columns).await;
                    Ok(())
                }
            };
            if written.is_err() {
                return;
            }
        }
        // The user is gone. A terminal is left as a closed window leaves it: interrupt, then end of input.
        if tty {
            let _ = writer.write_all(&[3, 4]).await;
        }
        let _ = writer.shutdown().await;
    });
    let (docker, config) = (docker.clone(), config.clone());
    tokio::spawn(async move {
        let read = if tty { raw(&mut reader, &output).await } else { framed(&mut reader, &output).await };
        if let Err(error) = read {
            let _ = output.send(Err(RuntimeError::EngineUnreachable { detail: error.to_string() })).await;
        }
        drop(output);
        writing.abort();
        let code = call("asking how a command ended", config.call_timeout, docker.inspect_exec(&id))
            .await
            .and_then(|details| {
                details.exit_code.ok_or(RuntimeError::Answer {
                    doing: "asking how a command ended",
                    detail: "no exit code: it still runs".to_owned(),
                })
            });
        let _ = exited.send(code);
    });
    let output = stream::unfold(pieces, |mut pieces| async move { Some((pieces.recv().await?, pieces)) });
    Ok(ExecSession { input, output: output.boxed(), exit })
}

async fn resize(docker: &Docker, config: &DockerConfig, id: &str, rows: u16, columns: u16) {
    let options = ResizeExecOptionsBuilder::default().h(rows.into()).w(columns.into()).build();
    // A command that has ended has no terminal to resize; nothing depends on it.
    let _ = call("resizing a terminal", config.call_timeout, docker.resize_exec(id, options)).await;
}

/// Starts the command and takes the connection over.
async fn attach(config: &DockerConfig, id: &str, tty: bool) -> Result<Box<dyn Stream>, RuntimeError> {
    let unreachable =
        |error: &dyn std::fmt::Display| RuntimeError::EngineUnreachable { detail: error.to_string() };
    let connection: Box<dyn Stream> = if let Some(path) = config.endpoint.strip_prefix("unix://") {
        Box::new(UnixStream::connect(path).await.map_err(|e| unreachable(&e))?)
    } else {
        let address = config.endpoint.trim_start_matches("tcp://").trim_start_matches("http://");
        Box::new(TcpStream::connect(address).await.map_err(|e| unreachable(&e))?)
    };
    let (mut sender, driver) =
        hyper::client::conn::http1::handshake(TokioIo::new(connection)).await.map_err(|e| unreachable(&e))?;
    tokio::spawn(driver.with_upgrades());
    let body = serde_json::json!({ "Detach": false, "Tty": tty }).to_string();
    let request = Request::builder()
        .method(Method::POST)
        .uri(format!("/exec/{id}/start"))
        .header(http::header::HOST, "engine")
        .header(http::header::CONTENT_TYPE, "application/json")
        .header(http::header::CONNECTION, "Upgrade")
        .header(http::header::UPGRADE, "tcp")
        .body(Full::new(Bytes::from(body)))
        .map_err(|e| unreachable(&e))?;
    let response = sender.send_request(request).await.map_err(|e| unreachable(&e))?;
    let status = response.status();
    if status != StatusCode::SWITCHING_PROTOCOLS {
        let body = http_body_util::Limited::new(response.into_body(), MAX_REFUSAL);
        let text = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        return Err(RuntimeError::Refused {
            doing: "starting a command",
            status: status.as_u16(),
            detail: String::from_utf8_lossy(&text).into_owned(),
        });
    }
    let upgraded = hyper::upgrade::on(response).await.map_err(|e| unreachable(&e))?;
    Ok(Box::new(TokioIo::new(upgraded)))
}

type Output = mpsc::Sender<Result<ExecOutput, RuntimeError>>;

/// A terminal's bytes as they come.
async fn raw(reader: &mut (impl AsyncRead + Unpin), output: &Output) -> io::Result<()> {
    let mut buffer = BytesMut::with_capacity(PIECE);
    loop {
        buffer.reserve(PIECE);
        if reader.read_buf(&mut buffer).await? == 0 {
            return Ok(());
        }
        if output.send(Ok(ExecOutput::Stdout(buffer.split().freeze()))).await.is_err() {
            return Ok(());
        }
    }
}

/// Frames of the engine: channel, three zeroes, length, payload.
async fn framed(reader: &mut (impl AsyncRead + Unpin), output: &Output) -> io::Result<()> {
    let mut buffer = BytesMut::with_capacity(PIECE);
    loop {
        while buffer.len() < 8 {
            if reader.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        }
        let channel = buffer[0];
        let length = u32::from_be_bytes([buffer[4], buffer[5], buffer[6], buffer[7]]) as usize;
        if length > MAX_FRAME {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the engine announced a frame of {length} bytes, the limit is {MAX_FRAME}"),
            ));
        }
        buffer.advance(8);
        while buffer.len() < length {
            if reader.read_buf(&mut buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        let payload = buffer.split_to(length).freeze();
        let piece = if channel == 2 { ExecOutput::Stderr(payload) } else { ExecOutput::Stdout(payload) };
        if output.send(Ok(piece)).await.is_err() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_framed(bytes: &'static [u8]) -> (Vec<ExecOutput>, io::Result<()>) {
        let (output, mut pieces) = mpsc::channel(64);
        let result = framed(&mut &*bytes, &output).await;
        drop(output);
        let mut seen = Vec::new();
        while let Some(Ok(piece)) = pieces.recv().await {
            seen.push(piece);
        }
        (seen, result)
    }

    #[tokio::test]
    async fn frames_are_told_apart_by_channel() {
        let (seen, result) =
            read_framed(b"\x01\0\0\0\0\0\0\x02ok\x02\0\0\0\0\0\0\x04oops\x01\0\0\0\0\0\0\0").await;
        result.unwrap();
        assert_eq!(
            seen,
            [
                ExecOutput::Stdout("ok".into()),
                ExecOutput::Stderr("oops".into()),
                ExecOutput::Stdout(Bytes::new())
            ]
        );
    }

    #[tokio::test]
    async fn a_frame_that_is_too_long_or_cut_ends_the_session() {
        let (_, result) = read_framed(b"\x01\0\0\0\xff\xff\xff\xffxx").await;
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidData);
        let (_, result) = read_framed(b"\x01\0\0\0\0\0\0\x09cut").await;
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[tokio::test]
    async fn a_terminals_bytes_are_never_taken_for_a_frame() {
        let (output, mut pieces) = mpsc::channel(64);
        raw(&mut &b"\x01\0\0\0\xff\xff\xff\xff$ "[..], &output).await.unwrap();
        let piece = pieces.recv().await.unwrap().unwrap();
        assert_eq!(piece, ExecOutput::Stdout(Bytes::from_static(b"\x01\0\0\0\xff\xff\xff\xff$ ")));
    }
}
