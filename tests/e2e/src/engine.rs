use std::process::Command;

use serde_json::Value;

use crate::inside;

/// A Docker Engine, looked at from outside the agent.
#[derive(Clone, Debug)]
pub struct Engine {
    pub host: String,
    pub dir: String,
    pub script: std::path::PathBuf,
    /// The network namespace that it runs in, when that is not the test's own.
    pub namespace: Option<String>,
}

impl Engine {
    /// What the command answers, or its complaint.
    pub fn docker(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new("docker")
            .args(["-H", &self.host])
            .args(arguments)
            .output()
            .map_err(|error| format!("docker: {error}"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    fn list(&self, arguments: &[&str]) -> Vec<String> {
        let text = self.docker(arguments).unwrap_or_else(|error| panic!("docker {arguments:?}: {error}"));
        text.lines().map(str::to_owned).collect()
    }

    /// Whether it serves at all.
    pub fn answers(&self) -> bool {
        self.docker(&["version"]).is_ok()
    }

    /// Ids of the running containers of a lease.
    pub fn running(&self, lease: u64) -> Vec<String> {
        self.list(&["ps", "-q", "--no-trunc", "--filter", &format!("label=akash.lease={lease}")])
    }

    /// Containers, networks and volumes that carry the lease's label, running or not.
    pub fn remains(&self, lease: u64) -> Vec<String> {
        let label = format!("label=akash.lease={lease}");
        let mut all = self.list(&["ps", "-aq", "--filter", &label]);
        all.extend(self.list(&["network", "ls", "-q", "--filter", &label]));
        all.extend(self.list(&["volume", "ls", "-q", "--filter", &label]));
        all
    }

    pub fn inspect(&self, container: &str) -> Value {
        self.try_inspect(container).unwrap_or_else(|| panic!("there is no container {container}"))
    }

    /// None when the container has gone.
    pub fn try_inspect(&self, container: &str) -> Option<Value> {
        let text = self.docker(&["inspect", container]).ok()?;
        let mut list: Vec<Value> = serde_json::from_str(&text).expect("docker inspect answers JSON");
        Some(list.remove(0))
    }

    /// What a command in a container says on its standard output; what it says on the other when it fails.
    pub fn exec(&self, container: &str, command: &[&str]) -> Result<String, String> {
        self.docker(&[&["exec", container], command].concat())
    }

    pub fn remove(&self, container: &str) {
        self.docker(&["rm", "-f", container]).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Starts and stops the engine itself.
    pub fn control(&self, command: &str) {
        let status =
            inside(self.namespace.as_deref(), &self.script).args([command, "--dir", &self.dir]).status();
        assert!(status.is_ok_and(|s| s.success()), "scripts/engine {command} failed");
    }
}
