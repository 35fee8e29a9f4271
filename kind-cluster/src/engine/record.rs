//! The engine that last had a cluster, kept beside the lock of the cluster.
//!
//! An engine that knows no node of a cluster proves that the cluster is gone only where it is the engine
//! that had it. The certificate authority tells clusters of one name apart.

use std::fs;
use std::path::PathBuf;

use common::fault;
use common::stop::Stop;
use serde::{Deserialize, Serialize};

use super::client::client;
use super::endpoint::Endpoint;
use crate::cluster::kubeconfig;
use crate::turn;

/// The engine of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    endpoint: Endpoint,
    /// Fingerprint of the certificate authority in the kubeconfig's context.
    authority: Option<String>,
    /// Rootless engines have clusters for each user.
    user: u32,
}

impl Record {
    /// The record of a cluster in the engine that is chosen now.
    async fn now(cluster: &str) -> Result<Self, Stop> {
        let endpoint = Endpoint::of(client().await?).await;
        let user = rustix::process::geteuid().as_raw();
        Ok(Record { endpoint, authority: kubeconfig::authority(cluster), user })
    }

    /// The record of a cluster; `None` where there is none, or it cannot be read.
    pub(crate) fn read(cluster: &str) -> Option<Self> {
        serde_json::from_slice(&fs::read(path(cluster)).ok()?).ok()
    }

    /// Records that the chosen engine has the cluster.
    pub(crate) async fn write(cluster: &str) -> Result<(), Stop> {
        let record = Record::now(cluster).await?;
        if Record::read(cluster).as_ref() == Some(&record) {
            return Ok(());
        }
        let path = path(cluster);
        let text = serde_json::to_string(&record).unwrap_or_default();
        common::files::replace(&path, text.as_bytes()).map_err(|error| {
            let hint = "XDG_STATE_HOME names a folder that can be written";
            Stop::from(fault::unwritable("cluster-record", path.display(), &error).hint(hint))
        })
    }

    /// The cluster is gone.
    pub(crate) fn remove(cluster: &str) {
        // A record that stays proves nothing about a cluster with another authority.
        let _ = fs::remove_file(path(cluster));
    }

    /// Whether the chosen engine had the cluster of the kubeconfig's context. A client without an address may have
    /// led to a place that is silent now.
    pub(crate) async fn proves(cluster: &str, silent: &[String]) -> Result<bool, Stop> {
        let now = Record::now(cluster).await?;
        let is_certain = now.endpoint.address.is_some() || silent.is_empty();
        Ok(is_certain && now.authority.is_some() && Record::read(cluster) == Some(now))
    }

    /// The engine that has the cluster of the kubeconfig's context, when it is not the chosen one.
    pub(crate) async fn other(cluster: &str) -> Result<Option<String>, Stop> {
        let now = Record::now(cluster).await?;
        let Some(known) = Record::read(cluster) else { return Ok(None) };
        let other = known.authority == now.authority
            && known.authority.is_some()
            && (known.endpoint != now.endpoint || known.user != now.user);
        Ok(other.then(|| known.endpoint.shown()))
    }
}

fn path(cluster: &str) -> PathBuf {
    turn::folder().join(format!("{cluster}.engine"))
}
