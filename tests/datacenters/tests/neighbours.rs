//! Real programs, unmodified, in three datacenters that talk as if they were beside each other.

use std::time::Duration;

use datacenters::{Datacenters, Deployed, Workload, PATIENCE};
use e2e::{get_within, until, Account, Engine, Provider};
use manifest::Proto;
use market_api::{Lease, LeasePhase, OrderId};
use serde_json::{json, Value};

/// Longer than the web tier waits for its database before it says so.
const REFUSAL: Duration = Duration::from_secs(15);
const SITES: [&str; 3] = ["one", "two", "three"];

/// A datacenter's one container of a lease, once it is paid for.
fn container(world: &Datacenters, number: u16, lease: &Lease) -> String {
    let engine = &world.get(number).engine;
    until(&format!("lease {} runs in datacenter {number}", lease.id), PATIENCE, || {
        let running = engine.running(lease.id.0);
        let [container] = &running[..] else { return None };
        (world.lab.lease(lease.id.0).phase == LeasePhase::Active).then(|| container.clone())
    })
}

/// Where the world reaches a port of a container, if anywhere.
fn published(world: &Datacenters, number: u16, container: &str, port: &str) -> Option<String> {
    let place = world.get(number);
    let inspected = place.engine.inspect(container);
    let host_port = inspected["NetworkSettings"]["Ports"][port][0]["HostPort"].as_str()?.to_owned();
    Some(format!("{}:{host_port}", place.address))
}

/// Runs a command in a container until it says this.
fn says(engine: &Engine, container: &str, words: &[&str], expected: &str) {
    let mut last = String::new();
    let heard = e2e::within(PATIENCE, || {
        last = engine.exec(container, words).unwrap_or_else(|error| error);
        last.contains(expected).then_some(())
    });
    assert!(heard.is_some(), "{words:?} never said {expected:?}, at last {last:?}");
}

/// nginx and its application in one, PostgreSQL in another; then the database moves to a third, empty.
fn a_web_tier_finds_its_database_wherever_that_runs(
    world: &Datacenters,
    tenant: &Account,
    providers: &[Provider],
) {
    let web = Workload::new("web", "webapp", "one")
        .env("DATABASE=db:5432")
        .env("QUERY=select coalesce(max(word), 'none') from words")
        .public(80)
        .calls("db", 5432, Proto::Tcp);
    let db = Workload::new("db", "postgres", "two");
    let deployed = Deployed::run(&world.lab, tenant, "web-tier", &[web, db]);
    let [web, db] = &deployed.leases[..] else { panic!("two leases") };
    let front = container(world, 1, web);
    let back = container(world, 2, db);
    let url = published(world, 1, &front, "80/tcp").expect("the web tier is public");
    let url = format!("http://{url}/cgi-bin/query");
    assert_eq!(published(world, 2, &back, "5432/tcp"), None, "the database is nobody else's");

    let fill = |number: u16, container: &str, word: &str| {
        let sql =
            format!("create table if not exists words (word text); insert into words values ('{word}')");
        let psql = ["/usr/lib/postgresql/15/bin/psql", "-h", "127.0.0.1", "-U", "postgres", "-c", &sql];
        says(&world.get(number).engine, container, &psql, "INSERT 0 1");
    };
    let answers = |word: &str| {
        until(&format!("the web tier answers {word}"), PATIENCE, || {
            get_within(&url, REFUSAL)
                .filter(|page| page.status == 200 && page.body.trim() == word)
                .map(|_| ())
        });
    };
    fill(2, &back, "two");
    answers("two");

    // All of it goes between the providers: cut them, and there is an error instead of an answer.
    world.cut(1, 2);
    until("the web tier misses its database", PATIENCE, || {
        get_within(&url, REFUSAL).filter(|page| page.status == 502).map(|_| ())
    });
    world.strikes(1, 2);
    world.heal(1, 2);
    answers("two");

    // The second datacenter is lost. The group is put up again, and the third takes it, with an empty volume.
    providers[1].kill();
    world.cut(1, 2);
    providers[2].owner.ok(&[
        "provider",
        "update",
        "--attribute",
        "site=three",
        "--attribute",
        "spare=two",
        "-y",
    ]);
    tenant.ok(&["close", "--lease", &db.id.to_string(), "-y"]);
    let moved = again(world, tenant, db, &providers[2]);
    let back = container(world, 3, &moved);
    fill(3, &back, "three");
    answers("three");
    assert_eq!(container(world, 1, web), front, "the web tier was never restarted");

    deployed.close(tenant);
    world.heal(1, 2);
    providers[2].owner.ok(&["provider", "update", "--attribute", "site=three", "-y"]);
    providers[1].start();
}

/// The order of a lease once more, for a provider elsewhere.
fn again(world: &Datacenters, tenant: &Account, lease: &Lease, to: &Provider) -> Lease {
    let lab = &world.lab;
    let order = lab.order(lease.order.0);
    let mut spec = serde_json::to_value(&order.spec).expect("JSON");
    spec["group"]["requirements"]["attributes"] = json!([{ "key": "spare", "value": "two" }]);
    for bid_window in [5, 20, 60, 180] {
        spec["bid_window"] = json!(bid_window);
        let open = json!({ "open_orders": { "deployment": lease.deployment, "orders": [spec] } }).to_string();
        let funds = money(&spec["max_price"]);
        tenant.ok(&["tx", "market", &open, "--funds", &funds, "-y"]);
        let newest = e2e::leases(lab, lease.deployment.0);
        let before = newest.len();
        let found = e2e::within(PATIENCE, || {
            e2e::leases(lab, lease.deployment.0).into_iter().skip(before).find(|new| new.group == lease.group)
        });
        if let Some(found) = found {
            assert_eq!(found.provider.as_str(), to.address());
            return found;
        }
    }
    panic!("nobody bid for order {} again", OrderId(lease.order.0));
}

fn money(value: &Value) -> String {
    let part = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    part("amount") + &part("denom")
}

/// A Redis primary in one, a replica in each of the others.
fn replicas_follow_their_primary(world: &Datacenters, tenant: &Account) {
    let replica = |site: &str| {
        Workload::new("replica", "redis", site).args(&["--replicaof", "primary", "6379"]).calls(
            "primary",
            6379,
            Proto::Tcp,
        )
    };
    let workloads = [Workload::new("primary", "redis", "one"), replica("two"), replica("three")];
    let deployed = Deployed::run(&world.lab, tenant, "redis", &workloads);
    let all: Vec<String> =
        deployed.leases.iter().zip(1..).map(|(lease, number)| container(world, number, lease)).collect();
    let cli = |number: u16, words: &[&str], expected: &str| {
        let words = [&["redis-cli"], words].concat();
        says(&world.get(number).engine, &all[usize::from(number) - 1], &words, expected);
    };
    cli(1, &["info", "replication"], "connected_slaves:2");
    cli(1, &["set", "word", "spread"], "OK");
    cli(2, &["get", "word"], "spread");
    cli(3, &["get", "word"], "spread");
    deployed.close(tenant);
}

/// Three members of etcd; one is cut off, the others go on, it catches up.
fn three_members_keep_their_quorum(world: &Datacenters, tenant: &Account) {
    let names = ["etcd-a", "etcd-b", "etcd-c"];
    let cluster = names.map(|name| format!("{name}=http://{name}:2380")).join(",");
    let member = |(name, site): (&str, &str)| {
        let own = |port: u16| format!("http://{name}:{port}");
        let work = Workload::new(name, "etcd", site)
            .env(&format!("ETCD_NAME={name}"))
            .env("ETCD_LISTEN_PEER_URLS=http://0.0.0.0:2380")
            .env("ETCD_LISTEN_CLIENT_URLS=http://0.0.0.0:2379")
            .env(&format!("ETCD_INITIAL_ADVERTISE_PEER_URLS={}", own(2380)))
            .env(&format!("ETCD_ADVERTISE_CLIENT_URLS={}", own(2379)))
            .env(&format!("ETCD_INITIAL_CLUSTER={cluster}"));
        let others = names.iter().filter(|other| **other != name);
        others.fold(work, |work, other| work.calls(other, 2380, Proto::Tcp))
    };
    let workloads: Vec<Workload> = names.into_iter().zip(SITES).map(member).collect();
    let deployed = Deployed::run(&world.lab, tenant, "etcd", &workloads);
    let all: Vec<String> =
        deployed.leases.iter().zip(1..).map(|(lease, number)| container(world, number, lease)).collect();
    let ctl = |number: u16, words: &[&str], expected: &str| {
        let words = [&["env", "ETCDCTL_API=3", "etcdctl", "--command-timeout=5s"], words].concat();
        says(&world.get(number).engine, &all[usize::from(number) - 1], &words, expected);
    };
    ctl(1, &["put", "key", "first"], "OK");
    ctl(3, &["get", "key"], "first");
    world.cut(1, 3);
    world.cut(2, 3);
    ctl(1, &["put", "key", "second"], "OK");
    ctl(2, &["get", "key"], "second");
    world.strikes(1, 3);
    world.strikes(2, 3);
    // Alone it cannot know what is true.
    ctl(3, &["get", "key"], "deadline exceeded");
    world.heal(1, 3);
    world.heal(2, 3);
    ctl(3, &["get", "key"], "second");
    ctl(3, &["put", "key", "third"], "OK");
    deployed.close(tenant);
}

fn names_resolve_over_udp(world: &Datacenters, tenant: &Account) {
    let client = Workload::new("client", "bind9", "one").command(&["/bin/sleep", "100000"]).calls(
        "dns",
        53,
        Proto::Udp,
    );
    let workloads = [client, Workload::new("dns", "bind9", "two")];
    let deployed = Deployed::run(&world.lab, tenant, "dns", &workloads);
    let client = container(world, 1, &deployed.leases[0]);
    container(world, 2, &deployed.leases[1]);
    let dig = ["dig", "+short", "+notcp", "+tries=1", "+timeout=3", "@dns", "answer.lab.example"];
    says(&world.get(1).engine, &client, &dig, "192.0.2.42");
    deployed.close(tenant);
}

#[test]
fn workloads_in_several_datacenters_talk_as_neighbours() {
    let world = Datacenters::up_with(3, &["webapp", "postgres", "redis", "etcd", "bind9"]);
    let tenant = Account::open(&world.lab, "tenant");
    let providers = world.providers(&SITES);
    providers.iter().for_each(Provider::launch);
    for provider in &providers {
        until("the agent is ready", PATIENCE, || provider.ready().then_some(()));
    }
    println!("names resolve over UDP");
    names_resolve_over_udp(&world, &tenant);
    println!("replicas follow their primary");
    replicas_follow_their_primary(&world, &tenant);
    println!("three members keep their quorum");
    three_members_keep_their_quorum(&world, &tenant);
    println!("a web tier finds its database wherever that runs");
    a_web_tier_finds_its_database_wherever_that_runs(&world, &tenant, &providers);
    world.lab.check_money();
}
