//! Logs as newline-delimited JSON.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures::stream::{self, StreamExt};
use gateway_api::{LogsQuery, Problem, NDJSON_CONTENT_TYPE};
use http::header;
use market_api::LeaseId;
use std::convert::Infallible;
use tokio::sync::mpsc;

use super::peer::Caller;
use super::problem::from_runtime;
use crate::runtime::Runtime;
use identity::Place;

/// Lines on their way before the engine is made to wait for the client.
const QUEUE: usize = 64;

pub(super) async fn serve(
    runtime: &dyn Runtime,
    lease: LeaseId,
    query: LogsQuery,
    caller: Caller,
    place: Place<String>,
) -> Result<Response, Problem> {
    let mut lines = runtime.logs(lease, &query).await.map_err(from_runtime)?;
    let (sender, receiver) = mpsc::channel::<Bytes>(QUEUE);
    tokio::spawn(async move {
        // Held until the stream ends, so that open streams count.
        let _place = place;
        let ended = caller.until_ended();
        tokio::pin!(ended);
        let mut alive = tokio::time::interval(caller.recheck);
        alive.tick().await;
        loop {
            let bytes = tokio::select! {
                _ = &mut ended => return,
                () = sender.closed() => return,
                _ = alive.tick() => Bytes::from_static(b"\n"),
                line = lines.next() => match line {
                    // A stream that breaks ends; the client sees that it is not complete by asking the status.
                    None | Some(Err(_)) => return,
                    Some(Ok(line)) => {
                        let mut json = serde_json::to_vec(&line).unwrap_or_default();
                        json.push(b'\n');
                        json.into()
                    }
                },
            };
            if sender.send(bytes).await.is_err() {
                return;
            }
        }
    });
    let body = stream::unfold(receiver, |mut receiver| async move {
        Some((Ok::<_, Infallible>(receiver.recv().await?), receiver))
    });
    let mut response = Response::new(Body::from_stream(body));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static(NDJSON_CONTENT_TYPE));
    Ok(response)
}
