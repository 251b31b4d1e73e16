//! A command in a container over a WebSocket.

use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use futures::StreamExt;
use gateway_api::{ShellControl, ShellFrame};

use super::peer::Caller;
use crate::runtime::{ExecInput, ExecOutput, ExecSession, RuntimeError};
use identity::Place;

/// Carries one session until the command ends, the client goes, or the client may not be served any more.
pub(super) async fn serve(
    mut socket: WebSocket,
    mut session: ExecSession,
    caller: Caller,
    _place: Place<String>,
) {
    let last = match run(&mut socket, &mut session, &caller).await {
        End::Client => return,
        End::Output => match session.exit.await {
            Ok(Ok(code)) => ShellControl::Exit { code },
            Ok(Err(error)) => ShellControl::Error { message: error.to_string() },
            Err(_) => ShellControl::Error { message: "the command's end was not seen".to_owned() },
        },
        End::Refused(message) => ShellControl::Error { message },
        End::Failed(error) => ShellControl::Error { message: error.to_string() },
    };
    let frame = ShellFrame::Control(last).encode();
    if socket.send(Message::Binary(frame.into())).await.is_ok() {
        let _ = socket.send(Message::Close(None)).await;
    }
}

enum End {
    Client,
    Output,
    Refused(String),
    Failed(RuntimeError),
}

async fn run(socket: &mut WebSocket, session: &mut ExecSession, caller: &Caller) -> End {
    let ended = caller.until_ended();
    tokio::pin!(ended);
    let mut alive = tokio::time::interval(caller.recheck);
    alive.tick().await;
    loop {
        tokio::select! {
            reason = &mut ended => return End::Refused(reason),
            _ = alive.tick() => {
                if socket.send(Message::Ping(Bytes::new())).await.is_err() {
                    return End::Client;
                }
            }
            output = session.output.next() => {
                let frame = match output {
                    None => return End::Output,
                    Some(Err(error)) => return End::Failed(error),
                    Some(Ok(ExecOutput::Stdout(bytes))) => ShellFrame::Stdout(bytes.into()),
                    Some(Ok(ExecOutput::Stderr(bytes))) => ShellFrame::Stderr(bytes.into()),
                };
                if socket.send(Message::Binary(frame.encode().into())).await.is_err() {
                    return End::Client;
                }
            }
            message = socket.recv() => {
                let input = match message {
                    None | Some(Err(_)) | Some(Ok(Message::Close(_))) => return End::Client,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                    Some(Ok(Message::Text(_))) => {
                        return End::Refused("a text message was sent: only binary messages are understood".to_owned())
                    }
                    Some(Ok(Message::Binary(bytes))) => match ShellFrame::decode(&bytes) {
                        Ok(ShellFrame::Stdin(bytes)) if bytes.is_empty() => ExecInput::Eof,
                        Ok(ShellFrame::Stdin(bytes)) => ExecInput::Data(bytes.into()),
                        Ok(ShellFrame::Control(ShellControl::Resize { rows, columns })) => {
                            ExecInput::Resize { rows, columns }
                        }
                        Ok(_) => return End::Refused("a client sends input and sizes only".to_owned()),
                        Err(error) => return End::Refused(error.to_string()),
                    },
                };
                // Closed when the command has ended; its output then ends as well.
                let _ = session.input.send(input).await;
            }
        }
    }
}
