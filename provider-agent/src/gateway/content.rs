//! Chunks of carried content from the tenant, proved one by one as they come.

use std::sync::Arc;

use axum::body::Body;
use bytes::{Buf, BytesMut};
use content::{Entry, PutError};
use gateway_api::{ChunkFrame, Problem, MAX_CHUNKS_PER_REQUEST};
use http_body_util::BodyExt;
use market_api::LeaseId;

use super::routes::Shared;

/// Takes the chunks of a body. Each has the time of a body, so that a slow line gets through and one that stands
/// still does not. What came before a failure stays.
pub(super) async fn take(
    shared: &Shared,
    lease: LeaseId,
    content: &Arc<Entry>,
    mut body: Body,
) -> Result<(), Problem> {
    let mut buffer = BytesMut::new();
    let mut result = Ok(());
    for count in 0.. {
        let limit = shared.body_timeout;
        let next = tokio::time::timeout(limit, next(&mut body, &mut buffer)).await;
        let frame = match next.unwrap_or(Err(Problem::BodyTooSlow { seconds: limit.as_secs() })) {
            Ok(Some(frame)) if count < MAX_CHUNKS_PER_REQUEST => frame,
            Ok(None) => break,
            Ok(Some(_)) => {
                let detail = format!("more than {MAX_CHUNKS_PER_REQUEST} chunks in one request");
                result = Err(Problem::ContentRefused { detail });
                break;
            }
            Err(problem) => {
                result = Err(problem);
                break;
            }
        };
        let entry = content.clone();
        let put = tokio::task::spawn_blocking(move || entry.put(frame.index, &frame.chunk)).await;
        result = match put {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(PutError::Store(error))) => Err(Problem::Unavailable { cause: error.to_string() }),
            Ok(Err(error)) => Err(Problem::ContentRefused { detail: error.to_string() }),
            Err(error) => Err(Problem::Internal { detail: error.to_string() }),
        };
        if result.is_err() {
            break;
        }
    }
    shared.backend.content_grew(lease, crate::carried::is_whole(content));
    result
}

/// The next frame; none at the end of the body. The buffer holds one frame and what came with its end.
async fn next(body: &mut Body, buffer: &mut BytesMut) -> Result<Option<ChunkFrame>, Problem> {
    loop {
        let refused = |error: gateway_api::BadChunks| Problem::ContentRefused { detail: error.to_string() };
        if let Some((frame, taken)) = ChunkFrame::decode(buffer).map_err(refused)? {
            buffer.advance(taken);
            return Ok(Some(frame));
        }
        match body.frame().await {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    buffer.extend_from_slice(&data);
                }
            }
            Some(Err(error)) => {
                return Err(Problem::BadRequest { detail: format!("the body broke off: {error}") });
            }
            None if buffer.is_empty() => return Ok(None),
            None => {
                let detail = "the last chunk is not complete".to_owned();
                return Err(Problem::ContentRefused { detail });
            }
        }
    }
}
