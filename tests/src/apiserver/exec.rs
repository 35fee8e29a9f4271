//! Commands in containers, over WebSocket: one channel's number in front of every message.

use std::sync::Arc;

use futures::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::behaviour::{Exec, ExecCall};

const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const STATUS: u8 = 3;
const CHUNK: usize = 32 << 10;

pub(super) async fn run(upgraded: Upgraded, call: ExecCall, exec: Arc<Exec>) {
    let io = TokioIo::new(upgraded);
    let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, None).await;
    let Ok(outcome) = tokio::task::spawn_blocking(move || exec(&call)).await else { return };
    for (channel, bytes) in [(STDOUT, &outcome.stdout), (STDERR, &outcome.stderr)] {
        for chunk in bytes.chunks(CHUNK) {
            if send(&mut socket, channel, chunk).await.is_err() {
                return;
            }
        }
    }
    let status = match outcome.status {
        0 => json!({"metadata": {}, "status": "Success"}),
        code => json!({"metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
            "message": format!("command terminated with non-zero exit code: {code}"),
            "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]}}),
    };
    let _ = send(&mut socket, STATUS, status.to_string().as_bytes()).await;
    let normal = CloseFrame { code: CloseCode::Normal, reason: Utf8Bytes::default() };
    let _ = socket.close(Some(normal)).await;
    // The other side answers the close; until it has, its last reads must not fail.
    while let Some(Ok(_)) = socket.next().await {}
}

async fn send(
    socket: &mut WebSocketStream<TokioIo<Upgraded>>,
    channel: u8,
    bytes: &[u8],
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    let mut message = Vec::with_capacity(bytes.len() + 1);
    message.push(channel);
    message.extend_from_slice(bytes);
    socket.send(Message::Binary(message.into())).await
}
