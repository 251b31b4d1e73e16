use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use e2e::{inside, until, Engine, Lab, Pricing, Provider, Site};

use crate::{Links, PATIENCE};

/// What every provider here asks for, so that only attributes decide who wins.
const PRICE: Pricing = Pricing { cpu: 100_000, memory: 10_000 };
/// The images that every engine has.
const IMAGES: [&str; 2] = ["busybox", "nginx"];

/// One of them.
#[derive(Clone, Debug)]
pub struct Datacenter {
    /// From 1 on.
    pub number: u16,
    pub address: Ipv4Addr,
    /// The way out, as seen from inside; the chain is reached there too.
    pub router: Ipv4Addr,
    pub engine: Engine,
}

/// All of them, with a suite of contracts of their own, until this is dropped.
pub struct Datacenters {
    pub lab: Lab,
    pub links: Links,
    pub all: Vec<Datacenter>,
    _down: Down,
}

impl Datacenters {
    /// Datacenters 1 to `count`, at most 9.
    pub fn up(count: u16) -> Self {
        Self::up_with(count, &[])
    }

    /// The same with more images in the engines.
    pub fn up_with(count: u16, images: &[&str]) -> Self {
        let shared = Lab::get();
        let rpc_port = port(&shared.book.rpc[0]);
        let dir = directory(shared);
        let count = count.to_string();
        let mut up = script(shared, &["up", &count, "--rpc-port", rpc_port], &dir);
        up.args(IMAGES.iter().chain(images).flat_map(|image| ["--image", image]));
        let output = up.output().expect("scripts/datacenters runs");
        // From here on, so that what a failure leaves is removed too.
        let down = Down { dir: dir.clone() };
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
        let all: Vec<Datacenter> = said.lines().filter_map(|line| read(shared, &dir, line)).collect();
        assert_eq!(all.len().to_string(), count, "a line for each: {said}");
        let lab = shared.apart(DIRECTORY, &Path::new(env!("CARGO_MANIFEST_DIR")).join("deployment.toml"));
        let table = all[0].engine.namespace.as_deref().and_then(|name| name.split_once('-'));
        let links = Links::new(table.expect("NAME-N").0);
        Self { lab, links, all, _down: down }
    }

    pub fn get(&self, number: u16) -> &Datacenter {
        self.all.iter().find(|datacenter| datacenter.number == number).expect("there is such a datacenter")
    }

    /// Nothing passes between the two, either way, from now on.
    pub fn cut(&self, one: u16, other: u16) {
        self.links.cut(self.get(one).address, self.get(other).address);
    }

    pub fn heal(&self, one: u16, other: u16) {
        self.links.heal(self.get(one).address, self.get(other).address);
    }

    /// Packets that the cut between the two has dropped so far.
    pub fn struck(&self, one: u16, other: u16) -> u64 {
        self.links.struck(self.get(one).address, self.get(other).address)
    }

    /// Waits until the cut between the two was felt: a cut that nothing ran into shows nothing.
    pub fn strikes(&self, one: u16, other: u16) {
        until(&format!("the cut between {one} and {other} drops packets"), PATIENCE, || {
            (self.struck(one, other) > 0).then_some(())
        });
    }

    /// Whether a TCP connection from the datacenter to `host:port` opens within two seconds.
    pub fn reaches(&self, from: u16, address: &str) -> bool {
        let namespace = self.get(from).engine.namespace.as_deref();
        let opens = format!("</dev/tcp/{}", address.replace(':', "/"));
        let mut attempt = inside(namespace, Path::new("timeout"));
        let status = attempt.args(["2", "bash", "-c", &opens]).stderr(Stdio::null()).status();
        status.expect("bash runs").success()
    }

    /// A provider in each datacenter, in their order, with an attribute `site` of these values; no agent runs yet.
    pub fn providers(&self, sites: &[&str]) -> Vec<Provider> {
        assert!(sites.len() <= self.all.len(), "a datacenter for each provider");
        thread::scope(|scope| {
            let open = |(datacenter, site): (&Datacenter, &&str)| {
                let site = self.site(datacenter, site);
                let number = datacenter.number;
                scope.spawn(move || Provider::at(&self.lab, number, PRICE, site))
            };
            let opening: Vec<_> = self.all.iter().zip(sites).map(open).collect();
            opening.into_iter().map(|thread| thread.join().expect("the provider is registered")).collect()
        })
    }

    fn site(&self, datacenter: &Datacenter, name: &str) -> Site {
        Site {
            address: datacenter.address.into(),
            engine: datacenter.engine.clone(),
            rpc: Some(format!("http://{}:{}", datacenter.router, port(&self.lab.book.rpc[0]))),
            attributes: vec![("site".to_owned(), name.to_owned())],
        }
    }
}

/// Takes everything down.
struct Down {
    dir: PathBuf,
}

impl Drop for Down {
    fn drop(&mut self) {
        // No panic in a drop: what is left is removed by the next that begins.
        if !script(Lab::get(), &["down"], &self.dir).status().is_ok_and(|status| status.success()) {
            eprintln!("scripts/datacenters down --dir {} failed", self.dir.display());
        }
    }
}

const DIRECTORY: &str = "datacenters";

fn directory(lab: &Lab) -> PathBuf {
    lab.dir.join(DIRECTORY)
}

fn script(lab: &Lab, command: &[&str], dir: &Path) -> Command {
    let mut script = Command::new(lab.scripts.join("datacenters"));
    script.args(command).arg("--dir").arg(dir);
    script
}

fn port(rpc: &str) -> &str {
    rpc.trim_end_matches('/').rsplit(':').next().expect("http://127.0.0.1:PORT")
}

/// A line of `scripts/datacenters up`.
fn read(lab: &Lab, dir: &Path, line: &str) -> Option<Datacenter> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let [number, namespace, address, router, engine] = words[..] else { return None };
    let number: u16 = number.parse().ok()?;
    Some(Datacenter {
        number,
        address: address.parse().ok()?,
        router: router.parse().ok()?,
        engine: Engine {
            host: engine.to_owned(),
            dir: dir.join(format!("engine{number}")).display().to_string(),
            script: lab.scripts.join("engine"),
            namespace: Some(namespace.to_owned()),
        },
    })
}
