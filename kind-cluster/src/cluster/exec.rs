//! Commands in containers, with their exit status.

use common::diagnostic::Diagnostic;
use common::exit::Status;
use common::stop::Stop;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::AttachParams;
use tokio::io::{AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{Cluster, said};

/// How a command in a container ended.
#[derive(Debug)]
pub(crate) struct Executed {
    /// Its exit status.
    pub(crate) status: i32,
    /// What it wrote to standard error.
    pub(crate) stderr: String,
}

impl Cluster {
    /// Runs a command in a container and copies its standard output to `out`.
    ///
    /// # Errors
    /// It could not be started, its end is not known, or `out` cannot be written.
    pub(crate) async fn exec(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[&str],
        out: &mut (dyn AsyncWrite + Unpin + Send),
    ) -> Result<Executed, Stop> {
        let failed = |why: String| {
            let message = format!("cannot run {} in pod {pod}: {why}", command[0]);
            Stop::new(Status::Unfinished, Diagnostic::error("exec-failed", message))
        };
        let api: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
        let parameters = AttachParams::default().container(container).stdin(false);
        let mut process = api
            .exec(pod, command.iter().copied(), &parameters)
            .await
            .map_err(|error| failed(said(&error)))?;
        let status = process.take_status();
        let (mut stdout, stderr) = (process.stdout(), process.stderr());
        let copy = async {
            let mut buffer = vec![0; 64 << 10];
            if let Some(stdout) = &mut stdout {
                loop {
                    let count = stdout.read(&mut buffer).await?;
                    if count == 0 {
                        break;
                    }
                    out.write_all(&buffer[..count]).await?;
                }
            }
            out.flush().await
        };
        let mut complaint = Vec::new();
        let listen = async {
            match stderr {
                Some(mut stderr) => stderr.read_to_end(&mut complaint).await.map(|_| ()),
                None => Ok(()),
            }
        };
        tokio::try_join!(copy, listen).map_err(|error| failed(error.to_string()))?;
        let ended = match status {
            Some(status) => status.await,
            None => None,
        };
        let stderr = String::from_utf8_lossy(&complaint).into_owned();
        let Some(ended) = ended else {
            return Err(failed("the connection ended before the command".into()));
        };
        if ended.status.as_deref() == Some("Success") {
            return Ok(Executed { status: 0, stderr });
        }
        let causes = ended.details.and_then(|details| details.causes).unwrap_or_default();
        let code = causes
            .iter()
            .find(|cause| cause.reason.as_deref() == Some("ExitCode"))
            .and_then(|cause| cause.message.as_deref()?.parse().ok());
        match code {
            Some(status) => Ok(Executed { status, stderr }),
            None => Err(failed(ended.message.unwrap_or_else(|| "no reason given".into()))),
        }
    }

    /// Runs a shell command in a container and returns its status and standard output.
    ///
    /// # Errors
    /// As [`Cluster::exec`].
    pub(crate) async fn shell(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        script: &str,
    ) -> Result<(Executed, String), Stop> {
        let mut out = Vec::new();
        let command = ["sh", "-c", script];
        let executed = self.exec(namespace, pod, container, &command, &mut out).await?;
        Ok((executed, String::from_utf8_lossy(&out).into_owned()))
    }
}
