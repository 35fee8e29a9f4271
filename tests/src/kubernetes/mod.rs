//! The newest Kubernetes for tests: etcd and API server on free ports, and where a test asks for them
//! controllers and scheduler. Its nodes are objects without a machine, so no container runs.
//!
//! - [`Server::shared`]: one server of the test process, for [`Server::dry_run`]: would this be accepted?
//! - [`Server::start`]: a server of one's own, for what changes its objects
//! - [`Server::place`]: which Pods would be made, and where would the scheduler put them?
//!
//! The custom resources' definitions are those of Gateway API, Envoy Gateway, Argo CD and External
//! Secrets, of their own projects (`scripts/peers.d/kubernetes-server.sh`).

mod answer;
mod keeper;
mod place;
mod server;
mod tls;

pub use answer::Answer;
pub use place::{Machine, Placement};
pub use server::Server;
