use std::collections::BTreeMap;

use e2e::{matched, Account, Lab};
use manifest::{Manifest, Outgoing, Proto};
use market_api::Lease;
use serde_json::{json, Map, Value};

/// A service in a group of its own at one site. The same name at another site is the same service there.
#[derive(Clone, Debug)]
pub struct Workload {
    name: String,
    image: String,
    site: String,
    env: Vec<String>,
    command: Vec<String>,
    args: Vec<String>,
    /// A port that the world may reach.
    public: Option<u16>,
    calls: Vec<Outgoing>,
}

impl Workload {
    /// `image` is one of `scripts/images`, `site` what a provider says of itself.
    pub fn new(name: &str, image: &str, site: &str) -> Self {
        Self {
            name: name.into(),
            image: image.into(),
            site: site.into(),
            env: Vec::new(),
            command: Vec::new(),
            args: Vec::new(),
            public: None,
            calls: Vec::new(),
        }
    }

    pub fn env(mut self, variable: &str) -> Self {
        self.env.push(variable.to_owned());
        self
    }

    pub fn command(mut self, words: &[&str]) -> Self {
        self.command.extend(words.iter().map(|&word| word.to_owned()));
        self
    }

    pub fn args(mut self, words: &[&str]) -> Self {
        self.args.extend(words.iter().map(|&word| word.to_owned()));
        self
    }

    pub fn public(mut self, port: u16) -> Self {
        self.public = Some(port);
        self
    }

    /// May connect to this port of another service, wherever that runs.
    pub fn calls(mut self, to: &str, port: u16, proto: Proto) -> Self {
        self.calls.push(Outgoing { to: to.to_owned(), port, proto, target_port: port });
        self
    }

    /// The name of its group.
    fn group(&self) -> String {
        format!("{}-{}", self.name, self.site)
    }
}

/// A deployment whose leases are matched and whose tenant has sent its manifest to one provider and is gone.
#[derive(Debug)]
pub struct Deployed {
    pub id: u64,
    /// In the order of the workloads.
    pub leases: Vec<Lease>,
}

impl Deployed {
    pub fn run(lab: &Lab, tenant: &Account, name: &str, workloads: &[Workload]) -> Self {
        let source = sdl(workloads);
        let calls: BTreeMap<&str, &Vec<Outgoing>> =
            workloads.iter().map(|work| (work.name.as_str(), &work.calls)).collect();
        let parsed = manifest::parse(name, source.as_bytes()).unwrap_or_else(|error| panic!("{error:?}"));
        let mut whole: Manifest = parsed.manifest();
        for service in whole.groups.iter_mut().flat_map(|group| &mut group.services) {
            service.connections = calls[service.name.as_str()].clone();
        }
        let groups: Vec<String> = workloads.iter().map(Workload::group).collect();
        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
        let (id, leases) = matched(lab, tenant, &lab.manifest(name, &source), &groups);

        // The manifest with its connections becomes the version in force, from the tenant's home as always.
        let kept = tenant.home().join("manifests");
        std::fs::create_dir_all(&kept).expect("a directory for manifests");
        let version = whole.version();
        std::fs::write(kept.join(format!("{version}.json")), whole.to_canonical_json()).expect("it is kept");
        let update = format!(r#"{{"update_deployment":{{"deployment":{id},"version":"{version}"}}}}"#);
        tenant.ok(&["tx", "market", &update, "-y"]);
        tenant.ok(&["send-manifest", &id.to_string(), "--lease", &leases[0].id.to_string()]);
        Self { id, leases }
    }

    pub fn close(&self, tenant: &Account) {
        tenant.ok(&["close", &self.id.to_string(), "-y"]);
    }
}

/// JSON is YAML too.
fn sdl(workloads: &[Workload]) -> String {
    let (mut services, mut compute, mut placement, mut deployment) =
        (Map::new(), Map::new(), Map::new(), Map::new());
    for work in workloads {
        let name = &work.name;
        let mut service = json!({ "image": work.image, "env": work.env });
        for (key, words) in [("command", &work.command), ("args", &work.args)] {
            if !words.is_empty() {
                service[key] = json!(words);
            }
        }
        if let Some(port) = work.public {
            service["expose"] = json!([{ "port": port, "to": [{ "global": true }] }]);
        }
        services.insert(name.clone(), service);
        let resources = json!({
            "cpu": { "units": 0.25 }, "memory": { "size": "256Mi" }, "storage": { "size": "512Mi" },
        });
        compute.insert(name.clone(), json!({ "resources": resources }));
        let pricing = json!({ name: { "denom": "uakt", "amount": 10_000 } });
        placement.insert(work.group(), json!({ "attributes": { "site": work.site }, "pricing": pricing }));
        let places: &mut Value = deployment.entry(name.clone()).or_insert_with(|| json!({}));
        places[work.group()] = json!({ "profile": name, "count": 1 });
    }
    json!({
        "version": "2.0",
        "services": services,
        "profiles": { "compute": compute, "placement": placement },
        "deployment": deployment,
    })
    .to_string()
}
