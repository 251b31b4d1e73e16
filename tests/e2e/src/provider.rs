use std::fs::File;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{json, Value};

use crate::{get_inside, inside, within, Account, Engine, Lab, Page};

/// What a provider asks for, in the base denom per unit and hour.
#[derive(Clone, Copy, Debug)]
pub struct Pricing {
    pub cpu: u64,
    pub memory: u64,
}

/// Where a provider stands.
#[derive(Clone, Debug)]
pub struct Site {
    /// Of its gateway and its workloads.
    pub address: IpAddr,
    pub engine: Engine,
    /// The chain's endpoint as seen from there; that of the address book when none.
    pub rpc: Option<String>,
    /// What the registry says of it beside its gateway.
    pub attributes: Vec<(String, String)>,
}

impl Site {
    /// On this machine, with the engine that it has.
    pub fn here(lab: &Lab) -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            engine: lab.engine.clone(),
            rpc: None,
            attributes: vec![("region".to_owned(), "lab".to_owned())],
        }
    }
}

/// A provider as its operator set it up: owner and operator keys, a root on the chain, stake, and an agent that runs
/// while this lives.
pub struct Provider {
    pub owner: Account,
    pub site: Site,
    dir: PathBuf,
    gateway: String,
    ops: String,
    child: Mutex<Option<Child>>,
}

impl Provider {
    /// Provider number `n` of the chain's funded accounts, registered and staked once.
    pub fn open(lab: &Lab, n: u16, pricing: Pricing) -> Self {
        Self::at(lab, n, pricing, Site::here(lab))
    }

    /// The same elsewhere. One that was registered at another site moves here.
    pub fn at(lab: &Lab, n: u16, pricing: Pricing, site: Site) -> Self {
        let owner = Account::open(lab, &format!("provider{n}"));
        let operator = Account::open(lab, &format!("operator{n}"));
        // Ports below those that the system gives to outgoing connections: one of them may be taken at any time.
        let gateway = format!("{}:{}", site.address, 27_400 + n);
        let endpoint = format!("https://{gateway}");
        let attributes: Vec<String> =
            site.attributes.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let mut described = vec!["--endpoint", &endpoint, "-y"];
        described.extend(attributes.iter().flat_map(|attribute| ["--attribute", attribute]));
        let known = owner.run(&["provider", "show"]);
        if known.code != 0 {
            owner.ok(&[&["provider", "register"], &described[..]].concat());
            owner.ok(&["provider", "stake", &format!("5000000{}", lab.denom()), "-y"]);
            owner.ok(&["provider", "operator", "add", operator.address(), "-y"]);
        } else if known.json["endpoints"] != json!([endpoint]) {
            owner.ok(&[&["provider", "update"], &described[..]].concat());
        }
        let dir = lab.dir.join(format!("agent{n}"));
        std::fs::create_dir_all(&dir).expect("a directory for the agent");
        let ops = format!("127.0.0.1:{}", 27_500 + n);
        let config = format!(
            r#"
data_dir = "{data}"
[chain]
address_book = "{book}"
endpoints = [{rpc}]
[provider]
operator_key = "{key}"
root = "{root}"
[inventory]
cpu = 64000
memory = "16GiB"
storage = "64GiB"
[pricing]
denom = "{denom}"
cpu = "{cpu}"
memory = "{memory}"
[runtime]
endpoint = "{engine}"
[ports]
from = {from}
to = {to}
bind = "{address}"
[gateway]
listen = "{gateway}"
[ops]
listen = "{ops}"
"#,
            data = dir.join("data").display(),
            book = lab.book_path.display(),
            key = key_file(operator.home()).display(),
            root = owner.home().join("roots").join(owner.address()).display(),
            denom = lab.denom(),
            cpu = pricing.cpu,
            memory = pricing.memory,
            engine = site.engine.host,
            rpc = site.rpc.iter().map(|url| format!("{url:?}")).collect::<String>(),
            address = site.address,
            from = 30_000 + n * 200,
            to = 30_000 + n * 200 + 199,
        );
        std::fs::write(dir.join("agent.toml"), config).expect("the agent's configuration is written");
        Self { owner, site, dir, gateway: endpoint, ops, child: Mutex::new(None) }
    }

    pub fn address(&self) -> &str {
        self.owner.address()
    }

    /// Where its gateway listens, as the registry has it.
    pub fn gateway(&self) -> &str {
        &self.gateway
    }

    /// Starts the agent and waits until it says that it is ready.
    pub fn start(&self) {
        self.launch();
        if within(Duration::from_secs(120), || self.ready().then_some(())).is_none() {
            let log = std::fs::read_to_string(self.log_path()).unwrap_or_default();
            let last: Vec<&str> = log.lines().rev().take(15).collect();
            let answer = self.ask("ready");
            panic!("the agent is not ready after 120 s: {answer:?}\n{}", last.join("\n"));
        }
    }

    /// Starts the agent without waiting.
    pub fn launch(&self) {
        let log =
            File::options().create(true).append(true).open(self.log_path()).expect("the agent's log opens");
        let child = inside(self.site.engine.namespace.as_deref(), &Lab::binary("provider-agent"))
            .args(["run", "--config"])
            .arg(self.dir.join("agent.toml"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("one log for both"))
            .stderr(log)
            .spawn()
            .expect("the provider-agent binary is built");
        let before = self.child.lock().expect("one thread").replace(child);
        assert!(before.is_none(), "the agent runs already");
    }

    pub fn ready(&self) -> bool {
        self.ask("ready").is_some_and(|page| page.status == 200)
    }

    /// What the agent says of itself.
    pub fn status(&self) -> Value {
        let page = self.ask("status").expect("the agent answers");
        serde_json::from_str(&page.body).expect("the agent's status is JSON")
    }

    /// What it answers to its operator under this path, or none when it does not run.
    pub fn ask(&self, path: &str) -> Option<Page> {
        get_inside(self.site.engine.namespace.as_deref(), &format!("http://{}/{path}", self.ops))
    }

    /// Ends the agent as a crash would.
    pub fn kill(&self) {
        if let Some(mut child) = self.child.lock().expect("one thread").take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    pub fn pid(&self) -> Option<u32> {
        self.child.lock().expect("one thread").as_ref().map(Child::id)
    }

    /// Forgets everything that the agent kept.
    pub fn delete_data(&self) {
        std::fs::remove_dir_all(self.dir.join("data")).expect("the agent's data is removed");
    }

    pub fn log_path(&self) -> PathBuf {
        self.dir.join("agent.log")
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.kill();
    }
}

fn key_file(home: &Path) -> PathBuf {
    let keys = std::fs::read_dir(home.join("keys")).expect("a home has keys");
    keys.map(|entry| entry.expect("a key").path()).next().expect("a home has one key")
}
