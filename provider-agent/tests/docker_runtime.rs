//! The runtime against a real Docker Engine.
//!
//! `AKASH_TEST_DOCKER` (or `DOCKER_HOST`) names the engine, such as `unix:///var/run/docker.sock`. Without either the
//! tests are skipped and say so. The engine must hold the image `akash-test/busybox:1`, a busybox with its applets
//! linked in `/bin`, or the one that `AKASH_TEST_IMAGE` names.

use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, ListContainersOptionsBuilder, RemoveContainerOptionsBuilder,
};
use bollard::{Docker, API_DEFAULT_VERSION};
use futures::StreamExt;
use gateway_api::{LogStream, LogsQuery, Protocol};
use market_api::LeaseId;
use provider_agent::runtime::{
    ContainerState, DockerConfig, DockerRuntime, ExecInput, ExecOutput, ExecRequest, ObservedLease,
    PublishedPort, Runtime, RuntimeError, ServicePort, ServiceSpec, Workload,
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Asks a service of the same lease by its name. The name is looked up first, and asked with netcat, because the C
/// library of a static busybox cannot look names up within its other commands.
const FETCH_WEB: &str = "for i in 1 2 3 4 5 6 7 8 9 10; do \
     a=$(busybox nslookup web 127.0.0.11 2>/dev/null | busybox awk '/^Address/ {a=$NF} END {print a}'); \
     printf 'GET / HTTP/1.0\\r\\n\\r\\n' | busybox nc -w 2 $a 80 | busybox grep served && exit 0; sleep 0.2; done; exit 1";
const PATIENCE: Duration = Duration::from_secs(20);

/// One provider of its own for each test, so that tests run side by side and clean up after themselves.
struct Bench {
    runtime: DockerRuntime,
    docker: Docker,
    endpoint: String,
    image: String,
}

impl Bench {
    async fn new() -> Option<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let endpoint = std::env::var("AKASH_TEST_DOCKER").or_else(|_| std::env::var("DOCKER_HOST"));
        let Ok(endpoint) = endpoint else {
            println!("skipped: neither AKASH_TEST_DOCKER nor DOCKER_HOST names an engine to test with");
            return None;
        };
        let unique =
            format!("{:06}{:02}", std::process::id() % 1_000_000, NEXT.fetch_add(1, Ordering::SeqCst));
        let provider = format!("wasm1test{unique}");
        let docker = Docker::connect_with_unix(&endpoint, 30, API_DEFAULT_VERSION).unwrap();
        let docker = docker.negotiate_version().await.unwrap();
        let image = std::env::var("AKASH_TEST_IMAGE").unwrap_or_else(|_| "akash-test/busybox:1".to_owned());
        let bench = Self { runtime: runtime(&endpoint, &provider), docker, endpoint, image };
        assert!(
            bench.runtime.image_present(&bench.image).await.unwrap(),
            "the engine does not hold {}",
            bench.image
        );
        Some(bench)
    }

    fn service(&self, name: &str, command: &[&str]) -> ServiceSpec {
        ServiceSpec {
            name: name.to_owned(),
            image: self.image.clone(),
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            args: vec![],
            env: vec!["PATH=/bin".to_owned(), "GREETING=hello".to_owned()],
            cpu_millis: 200,
            memory: 32 << 20,
            storage: 64 << 20,
            count: 1,
            ports: vec![],
            carried_image: false,
            files: vec![],
            hosts: vec![],
        }
    }

    fn web(&self, name: &str) -> ServiceSpec {
        let serve =
            "mkdir -p /tmp/w; echo served by $(hostname) > /tmp/w/index.html; httpd -f -p 80 -h /tmp/w";
        let mut service = self.service(name, &["sh", "-c", serve]);
        service.ports = vec![ServicePort { port: 80, protocol: Protocol::Tcp }];
        service
    }

    async fn containers(&self, label: &str) -> usize {
        let filters = HashMap::from([("label".to_owned(), vec![label.to_owned()])]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        self.docker.list_containers(Some(options)).await.unwrap().len()
    }

    async fn run(&self, lease: LeaseId, service: &str, script: &str) -> (i64, String, String) {
        self.run_in(lease, service, 0, script).await
    }

    async fn run_in(
        &self,
        lease: LeaseId,
        service: &str,
        replica: u32,
        script: &str,
    ) -> (i64, String, String) {
        let request = ExecRequest {
            service: service.to_owned(),
            replica,
            command: vec!["sh".into(), "-c".into(), script.into()],
            tty: false,
            stdin: false,
            size: None,
        };
        let session = self.runtime.exec(lease, &request).await.unwrap();
        finish(session).await
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop_firewall(&self.runtime.config().provider);
    }
}

fn drop_firewall(provider: &str) {
    let table = format!("akash-{}", &provider[provider.len() - 8..]);
    let _ = std::process::Command::new("nft").args(["delete", "table", "inet", &table]).output();
}

fn runtime(endpoint: &str, provider: &str) -> DockerRuntime {
    let mut config = DockerConfig::new(endpoint, provider);
    config.stop_timeout = Duration::from_secs(1);
    DockerRuntime::new(config)
}

async fn finish(mut session: provider_agent::runtime::ExecSession) -> (i64, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    while let Some(piece) = session.output.next().await {
        match piece.unwrap() {
            ExecOutput::Stdout(bytes) => out.extend_from_slice(&bytes),
            ExecOutput::Stderr(bytes) => err.extend_from_slice(&bytes),
        }
    }
    let code = session.exit.await.unwrap().unwrap();
    (code, String::from_utf8_lossy(&out).into_owned(), String::from_utf8_lossy(&err).into_owned())
}

fn workload(lease: u64, services: Vec<ServiceSpec>) -> Workload {
    Workload {
        lease: LeaseId(lease),
        version: "11".repeat(32),
        services,
        ports: vec![],
        host_ip: "127.0.0.1".parse().unwrap(),
    }
}

fn published(service: &str, replica: u32, host_port: u16) -> PublishedPort {
    PublishedPort {
        service: service.to_owned(),
        replica,
        container_port: 80,
        protocol: Protocol::Tcp,
        host_port,
    }
}

/// A port that nobody has at this moment.
async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// Asks until it answers, as a tenant would.
async fn http(port: u16) -> String {
    let started = Instant::now();
    loop {
        let asked = async {
            let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
            stream.write_all(b"GET /index.html HTTP/1.0\r\n\r\n").await?;
            let mut text = String::new();
            stream.read_to_string(&mut text).await?;
            Ok::<_, std::io::Error>(text)
        };
        match asked.await {
            Ok(text) if text.contains("200 OK") => return text,
            other => assert!(started.elapsed() < PATIENCE, "port {port} does not answer: {other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn until(
    bench: &Bench,
    lease: LeaseId,
    what: &str,
    condition: impl Fn(&ObservedLease) -> bool,
) -> ObservedLease {
    let started = Instant::now();
    loop {
        let seen = bench.runtime.observe_lease(lease).await.unwrap();
        if let Some(seen) = seen.as_ref().filter(|seen| condition(seen)) {
            return seen.clone();
        }
        assert!(started.elapsed() < PATIENCE, "not seen in time: {what}; last: {seen:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_workload_runs_serves_is_left_alone_and_leaves_nothing_behind() {
    let Some(bench) = Bench::new().await else { return };
    let mut web = bench.web("web");
    web.count = 2;
    let mut wanted = workload(1, vec![web]);
    wanted.ports = vec![published("web", 0, free_port().await), published("web", 1, free_port().await)];

    let started = Instant::now();
    let seen = bench.runtime.apply(&wanted).await.unwrap();
    println!("made a network and started two replicas in {:?}", started.elapsed());
    assert!(seen.all_running() && seen.network, "{seen:?}");
    assert_eq!(seen.version(), Some(wanted.version.as_str()));
    let mut ports: Vec<_> = seen.ports().cloned().collect();
    ports.sort();
    assert_eq!(ports, wanted.ports);
    for (replica, port) in wanted.ports.iter().enumerate() {
        assert!(http(port.host_port).await.contains(&format!("served by web-{replica}")));
    }

    // The same again changes nothing, and another agent process finds it as it is.
    let again = bench.runtime.apply(&wanted).await.unwrap();
    assert_eq!(again, seen);
    let restarted = runtime(&bench.endpoint, &bench.runtime.config().provider);
    assert_eq!(restarted.observe().await.unwrap(), vec![seen.clone()]);

    // A version that keeps this service's specification does not restart it.
    wanted.version = "22".repeat(32);
    let same: Vec<_> = bench.runtime.apply(&wanted).await.unwrap().containers;
    assert_eq!(
        same.iter().map(|c| &c.container).collect::<Vec<_>>(),
        seen.containers.iter().map(|c| &c.container).collect::<Vec<_>>()
    );

    let started = Instant::now();
    bench.runtime.remove(LeaseId(1)).await.unwrap();
    let took = started.elapsed();
    println!("removed two replicas and their network in {took:?}");
    assert_eq!(bench.runtime.observe().await.unwrap(), vec![]);
    bench.runtime.remove(LeaseId(1)).await.unwrap();
}

#[tokio::test]
async fn a_replica_is_replaced_when_its_specification_differs_and_removed_when_it_is_not_wanted() {
    let Some(bench) = Bench::new().await else { return };
    let lease = LeaseId(2);
    let mut wanted = workload(2, vec![bench.web("web"), bench.service("worker", &["sleep", "1000"])]);
    let before = bench.runtime.apply(&wanted).await.unwrap();
    wanted.services[0].env.push("MORE=1".to_owned());
    wanted.version = "33".repeat(32);
    let after = bench.runtime.apply(&wanted).await.unwrap();
    assert_ne!(before.containers[0].container.id, after.containers[0].container.id);
    assert_eq!(before.containers[1].container.id, after.containers[1].container.id, "worker is as it was");
    let (_, out, _) = bench.run(lease, "web", "echo $MORE").await;
    assert_eq!(out, "1\n");

    wanted.services.truncate(1);
    let fewer = bench.runtime.apply(&wanted).await.unwrap();
    assert_eq!(fewer.containers.len(), 1);
    assert!(fewer.all_running());

    // A port that moves from one replica to another is free in time.
    let port = free_port().await;
    wanted.services[0].count = 2;
    wanted.ports = vec![published("web", 0, port)];
    bench.runtime.apply(&wanted).await.unwrap();
    wanted.ports = vec![published("web", 1, port)];
    bench.runtime.apply(&wanted).await.unwrap();
    assert!(http(port).await.contains("served by web-1"));
    bench.runtime.remove(lease).await.unwrap();
}

#[tokio::test]
async fn services_find_each_other_by_name_and_other_leases_are_out_of_reach() {
    let Some(bench) = Bench::new().await else { return };
    let sleeper = |name| bench.service(name, &["sleep", "1000"]);
    bench.runtime.apply(&workload(3, vec![bench.web("web"), sleeper("client")])).await.unwrap();
    bench.runtime.apply(&workload(4, vec![bench.web("web"), sleeper("client")])).await.unwrap();
    let (code, out, err) = bench.run(LeaseId(3), "client", FETCH_WEB).await;
    assert_eq!((code, out.as_str()), (0, "served by web-0\n"), "{err}");

    let (_, address, _) = bench.run(LeaseId(4), "web", "hostname -i").await;
    let neighbour = format!(
        "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | busybox nc -w 2 {} 80 | busybox grep served",
        address.trim()
    );
    let (code, out, _) = bench.run(LeaseId(3), "client", &neighbour).await;
    assert_ne!(code, 0, "the neighbour's server answered: {out}");
    // The address is right: its own lease reaches it.
    let (code, _, err) = bench.run(LeaseId(4), "client", &neighbour).await;
    assert_eq!(code, 0, "{err}");
    bench.runtime.remove(LeaseId(3)).await.unwrap();
    bench.runtime.remove(LeaseId(4)).await.unwrap();
}

#[tokio::test]
async fn a_workload_reaches_neither_this_machine_nor_private_addresses() {
    let Some(bench) = Bench::new().await else { return };
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let accepted = tokio::spawn(async move { listener.accept().await.map(|_| ()) });
    let wanted = workload(20, vec![bench.service("web", &["sleep", "1000"])]);
    bench.runtime.apply(&wanted).await.unwrap();
    let (code, out, _) = bench.run(LeaseId(20), "web", &open_at_gateway(port)).await;
    assert_ne!(code, 0, "this machine answered: {out}");
    assert!(!accepted.is_finished());
    for address in ["169.254.169.254", "10.255.255.1", "192.168.255.1", "100.64.0.1"] {
        let began = Instant::now();
        let (code, _, _) =
            bench.run(LeaseId(20), "web", &format!("busybox nc -w 5 {address} 80 </dev/null")).await;
        assert_ne!(code, 0);
        assert!(began.elapsed() < Duration::from_secs(4), "{address} was not refused but silent");
    }
    bench.runtime.remove(LeaseId(20)).await.unwrap();

    // Without the table the same door is open: the test can fail.
    let Some(mut bench) = Bench::new().await else { return };
    let mut config = bench.runtime.config().clone();
    config.firewall = false;
    bench.runtime = DockerRuntime::new(config);
    bench.runtime.apply(&wanted).await.unwrap();
    let (code, _, err) = bench.run(LeaseId(20), "web", &open_at_gateway(port)).await;
    assert_eq!(code, 0, "{err}");
    tokio::time::timeout(Duration::from_secs(5), accepted).await.unwrap().unwrap().unwrap();
    bench.runtime.remove(LeaseId(20)).await.unwrap();
}

/// A command that connects to the container's own gateway, which is this machine.
fn open_at_gateway(port: u16) -> String {
    format!("busybox nc -w 5 $(hostname -i | sed 's/[0-9]*$/1/') {port} </dev/null")
}

#[tokio::test]
async fn two_providers_in_one_engine_do_not_see_each_other() {
    let Some(bench) = Bench::new().await else { return };
    let other = runtime(&bench.endpoint, &format!("{}x", bench.runtime.config().provider));
    let wanted = workload(5, vec![bench.service("web", &["sleep", "1000"])]);
    bench.runtime.apply(&wanted).await.unwrap();
    other.apply(&wanted).await.unwrap();
    assert_eq!(bench.runtime.observe().await.unwrap().len(), 1);
    let theirs = other.observe().await.unwrap();
    bench.runtime.remove(LeaseId(5)).await.unwrap();
    assert_eq!(other.observe().await.unwrap(), theirs);
    // Nor can one restart what belongs to the other.
    let refused = bench.runtime.restart(&theirs[0].containers[0].container).await.unwrap_err();
    assert!(matches!(refused, RuntimeError::NameConflict { .. }), "{refused}");
    other.remove(LeaseId(5)).await.unwrap();
    drop_firewall(&other.config().provider);
}

#[tokio::test]
async fn a_foreign_container_with_our_name_is_reported_and_not_touched() {
    let Some(bench) = Bench::new().await else { return };
    let wanted = workload(6, vec![bench.service("web", &["sleep", "1000"])]);
    let ours = bench.runtime.apply(&wanted).await.unwrap().containers[0].container.name.clone();
    bench.runtime.remove(LeaseId(6)).await.unwrap();
    let options = CreateContainerOptionsBuilder::default().name(&ours).build();
    let body = ContainerCreateBody {
        image: Some(bench.image.clone()),
        cmd: Some(vec!["sleep".into(), "1".into()]),
        ..Default::default()
    };
    let foreign = bench.docker.create_container(Some(options), body).await.unwrap().id;
    let refused = bench.runtime.apply(&wanted).await.unwrap_err();
    assert_eq!(refused, RuntimeError::NameConflict { name: ours });
    bench.runtime.remove(LeaseId(6)).await.unwrap();
    bench.docker.inspect_container(&foreign, None).await.unwrap();
    let force = RemoveContainerOptionsBuilder::default().force(true).build();
    bench.docker.remove_container(&foreign, Some(force)).await.unwrap();
}

#[tokio::test]
async fn what_cannot_start_says_why_and_leaves_nothing_half_done() {
    let Some(bench) = Bench::new().await else { return };
    let lease = LeaseId(7);
    let mut missing = bench.service("web", &["sleep", "1"]);
    missing.image = "akash-test/no-such-image:9".to_owned();
    let wanted = workload(7, vec![bench.service("other", &["sleep", "1000"]), missing]);
    let refused = bench.runtime.apply(&wanted).await.unwrap_err();
    assert_eq!(refused, RuntimeError::ImageMissing { image: "akash-test/no-such-image:9".into() });
    assert_eq!(bench.runtime.observe_lease(lease).await.unwrap(), None, "nothing was made");
    assert!(!bench.runtime.image_present("Not A Name").await.unwrap());

    let absent = workload(7, vec![bench.service("web", &["/no/such/program"])]);
    let refused = bench.runtime.apply(&absent).await.unwrap_err();
    assert!(matches!(&refused, RuntimeError::CannotStart { service, .. } if service == "web"), "{refused}");

    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut wanted = workload(7, vec![bench.web("web")]);
    wanted.ports = vec![published("web", 0, port)];
    let refused = bench.runtime.apply(&wanted).await.unwrap_err();
    assert_eq!(refused, RuntimeError::PortInUse { host_ip: "127.0.0.1".into(), port });
    // Once the port is free the same call succeeds.
    drop(taken);
    bench.runtime.apply(&wanted).await.unwrap();
    assert!(http(port).await.contains("served by"));

    let tiny = workload(8, vec![ServiceSpec { memory: 1024, ..bench.service("web", &["sleep", "1"]) }]);
    assert!(matches!(bench.runtime.apply(&tiny).await, Err(RuntimeError::Workload { .. })));
    bench.runtime.remove(lease).await.unwrap();
}

#[tokio::test]
async fn a_crash_is_seen_with_its_code_and_waits_for_the_agent_to_restart_it() {
    let Some(bench) = Bench::new().await else { return };
    let lease = LeaseId(9);
    let once = "if [ -e /tmp/ran ]; then exec sleep 1000; fi; touch /tmp/ran; echo dying >&2; exit 7";
    let wanted = workload(9, vec![bench.service("web", &["sh", "-c", once])]);
    bench.runtime.apply(&wanted).await.unwrap();
    let exited = |seen: &ObservedLease| {
        matches!(&seen.containers[0].state, ContainerState::Exited { code: 7, out_of_memory: false, .. })
    };
    let crashed = until(&bench, lease, "exit 7", exited).await;
    let again = bench.runtime.apply(&wanted).await.unwrap();
    assert_eq!(again.containers[0].container, crashed.containers[0].container);
    assert!(exited(&again), "apply does not restart what crashed");
    bench.runtime.restart(&crashed.containers[0].container).await.unwrap();
    let running = until(&bench, lease, "running", ObservedLease::all_running).await;
    assert_eq!(running.containers[0].container, crashed.containers[0].container);
    assert!(running.containers[0].started_at >= crashed.containers[0].started_at);

    // Gone behind the agent's back: seen as absent, and made anew.
    let force = RemoveContainerOptionsBuilder::default().force(true).build();
    bench.docker.remove_container(&running.containers[0].container.id, Some(force)).await.unwrap();
    let gone = bench.runtime.restart(&running.containers[0].container).await.unwrap_err();
    assert!(matches!(gone, RuntimeError::Gone { .. }), "{gone}");
    let seen = bench.runtime.observe_lease(lease).await.unwrap().unwrap();
    assert!(seen.network && seen.containers.is_empty());
    assert!(!bench.runtime.apply(&wanted).await.unwrap().containers.is_empty());
    bench.runtime.remove(lease).await.unwrap();
}

#[tokio::test]
async fn memory_beyond_the_limit_kills_the_workload_and_is_told() {
    let Some(bench) = Bench::new().await else { return };
    let lease = LeaseId(10);
    let mut hog = bench.service("hog", &["sh", "-c", "x=a; while true; do x=$x$x; done"]);
    hog.memory = 8 << 20;
    bench.runtime.apply(&workload(10, vec![hog])).await.unwrap();
    until(&bench, lease, "out of memory", |seen| {
        matches!(seen.containers[0].state, ContainerState::Exited { out_of_memory: true, code: 137, .. })
    })
    .await;
    bench.runtime.remove(lease).await.unwrap();
}

#[tokio::test]
async fn a_lease_whose_network_was_removed_by_hand_is_made_whole() {
    let Some(bench) = Bench::new().await else { return };
    let lease = LeaseId(11);
    let wanted = workload(11, vec![bench.web("web"), bench.service("client", &["sleep", "1000"])]);
    let before = bench.runtime.apply(&wanted).await.unwrap();
    let network = bench
        .docker
        .inspect_container(&before.containers[0].container.id, None)
        .await
        .unwrap()
        .host_config
        .unwrap()
        .network_mode
        .unwrap();
    for container in &before.containers {
        let request = bollard::models::NetworkDisconnectRequest {
            container: container.container.id.clone(),
            force: Some(true),
        };
        bench.docker.disconnect_network(&network, request).await.unwrap();
    }
    bench.docker.remove_network(&network).await.unwrap();
    bench.runtime.apply(&wanted).await.unwrap();
    let (code, out, err) = bench.run(lease, "client", FETCH_WEB).await;
    assert_eq!((code, out.as_str()), (0, "served by web-0\n"), "{err}");
    bench.runtime.remove(lease).await.unwrap();
}

#[tokio::test]
async fn logs_tell_streams_apart_follow_and_keep_to_the_tail() {
    let Some(bench) = Bench::new().await else { return };
    let lease = LeaseId(12);
    let script = "echo one; echo two >&2; echo three; sleep 1; echo four; sleep 1000";
    bench.runtime.apply(&workload(12, vec![bench.service("web", &["sh", "-c", script])])).await.unwrap();
    let query = LogsQuery { follow: true, ..Default::default() };
    let mut lines = bench.runtime.logs(lease, &query).await.unwrap();
    let mut seen = Vec::new();
    while seen.len() < 4 {
        let line = tokio::time::timeout(PATIENCE, lines.next()).await.unwrap().unwrap().unwrap();
        assert!(line.at_ms > 1_600_000_000_000 && line.service == "web" && line.replica == 0);
        seen.push((line.stream, line.line));
    }
    let line = |stream, text: &str| (stream, text.to_owned());
    seen.sort_by(|a, b| a.1.cmp(&b.1));
    assert_eq!(
        seen,
        [
            line(LogStream::Stdout, "four"),
            line(LogStream::Stdout, "one"),
            line(LogStream::Stdout, "three"),
            line(LogStream::Stderr, "two")
        ]
    );
    let query = LogsQuery { tail: Some(1), ..Default::default() };
    let tail: Vec<_> = bench.runtime.logs(lease, &query).await.unwrap().collect().await;
    assert_eq!(tail.len(), 1);
    assert_eq!(tail[0].as_ref().unwrap().line, "four");
    let query = LogsQuery { service: Some("nothing".into()), ..Default::default() };
    assert_eq!(bench.runtime.logs(lease, &query).await.unwrap().count().await, 0);
    bench.runtime.remove(lease).await.unwrap();
}

#[tokio::test]
async fn commands_run_with_input_with_a_terminal_and_with_their_exit_code() {
    let Some(bench) = Bench::new().await else { return };
    let lease = LeaseId(13);
    bench.runtime.apply(&workload(13, vec![bench.service("web", &["sleep", "1000"])])).await.unwrap();
    let (code, out, err) = bench.run(lease, "web", "echo $GREETING; echo oops >&2; exit 5").await;
    assert_eq!((code, out.as_str(), err.as_str()), (5, "hello\n", "oops\n"));

    let mut request = ExecRequest {
        service: "web".into(),
        replica: 0,
        command: vec!["cat".into()],
        tty: false,
        stdin: true,
        size: None,
    };
    let session = bench.runtime.exec(lease, &request).await.unwrap();
    session.input.send(ExecInput::Data("typed".into())).await.unwrap();
    session.input.send(ExecInput::Eof).await.unwrap();
    let (code, out, _) = finish(session).await;
    assert_eq!((code, out.as_str()), (0, "typed"));

    request.command = vec!["sh".into(), "-c".into(), "stty size; read x; stty size; exit 3".into()];
    request.tty = true;
    request.size = Some((30, 100));
    let mut session = bench.runtime.exec(lease, &request).await.unwrap();
    let mut screen = String::new();
    let mut resized = false;
    while let Some(piece) = tokio::time::timeout(PATIENCE, session.output.next()).await.unwrap() {
        let ExecOutput::Stdout(bytes) = piece.unwrap() else { panic!("a terminal has one stream") };
        screen.push_str(&String::from_utf8_lossy(&bytes));
        if !resized && screen.contains('\n') {
            session.input.send(ExecInput::Resize { rows: 40, columns: 120 }).await.unwrap();
            session.input.send(ExecInput::Data("\n".into())).await.unwrap();
            resized = true;
        }
    }
    assert_eq!(session.exit.await.unwrap().unwrap(), 3);
    assert!(screen.contains("40 120"), "{screen:?}");

    let nowhere = ExecRequest { replica: 4, ..request };
    let refused = bench.runtime.exec(lease, &nowhere).await.err().unwrap();
    assert!(matches!(refused, RuntimeError::NotRunning { replica: 4, .. }), "{refused}");
    bench.runtime.remove(lease).await.unwrap();
}

#[tokio::test]
async fn usage_and_capacity_are_plausible() {
    let Some(bench) = Bench::new().await else { return };
    let capacity = bench.runtime.capacity().await.unwrap();
    assert!(
        capacity.cpu_millis >= 1000 && capacity.memory > 1 << 29 && capacity.storage > capacity.storage_free
    );
    let lease = LeaseId(14);
    let busy = bench.service("busy", &["sh", "-c", "while true; do :; done"]);
    bench.runtime.apply(&workload(14, vec![busy])).await.unwrap();
    let usage = bench.runtime.stats(lease).await.unwrap();
    assert_eq!(usage.len(), 1);
    assert_eq!(
        (usage[0].service.as_str(), usage[0].cpu_limit_millis, usage[0].memory_limit),
        ("busy", 200, 32 << 20)
    );
    assert!((20..400).contains(&usage[0].cpu_millis), "{:?}", usage[0]);
    assert!(usage[0].pids >= 1 && usage[0].memory > 0);
    bench.runtime.remove(lease).await.unwrap();
}

#[tokio::test]
async fn a_hostile_workload_finds_every_door_shut() {
    let Some(bench) = Bench::new().await else { return };
    let lease = LeaseId(15);
    bench.runtime.apply(&workload(15, vec![bench.service("web", &["sleep", "1000"])])).await.unwrap();
    for probe in [
        "mount -t tmpfs none /tmp",
        "unshare -U true",
        "unshare -n true",
        "mknod /tmp/disk b 8 0",
        "chroot / true",
        "ping -c 1 -W 1 127.0.0.1",
        "cat /proc/kcore > /dev/null",
        "echo b > /proc/sysrq-trigger",
        "echo x > /proc/sys/kernel/core_pattern",
        "dd if=/dev/sda of=/dev/null count=1",
        "ls /var/run/docker.sock",
        "dmesg",
        "hostname evil",
    ] {
        let (code, out, err) = bench.run(lease, "web", probe).await;
        assert_ne!(code, 0, "{probe} succeeded: {out} {err}");
    }
    let (_, status, _) = bench.run(lease, "web", "cat /proc/self/status").await;
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(field("NoNewPrivs:"), "1");
    assert_eq!(field("Seccomp:"), "2");
    // CHOWN 0, DAC_OVERRIDE 1, FOWNER 3, KILL 5, SETGID 6, SETUID 7, NET_BIND_SERVICE 10.
    assert_eq!(field("CapBnd:"), format!("{:016x}", 0b100_1110_1011));
    let (_, limits, _) = bench.run(lease, "web", "ulimit -n; ulimit -c").await;
    assert_eq!(limits, "4096\n0\n");
    let (_, pids, _) =
        bench.run(lease, "web", "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null").await;
    assert_eq!(pids.trim(), "256");

    // A fork bomb stays within its limit, and the engine still answers.
    let bomb = "i=0; while [ $i -lt 400 ]; do sleep 5 & i=$((i+1)); done 2>&1 | head -c 300; true";
    let _ = bench.run(lease, "web", bomb).await;
    assert!(bench.runtime.observe().await.is_ok());
    bench.runtime.remove(lease).await.unwrap();
}

#[tokio::test]
async fn ordinary_root_images_can_become_another_user_and_bind_low_ports() {
    let Some(bench) = Bench::new().await else { return };
    let lease = LeaseId(16);
    bench.runtime.apply(&workload(16, vec![bench.service("web", &["sleep", "1000"])])).await.unwrap();
    let prepare =
        "mkdir /tmp/data && chown 999:999 /tmp/data && chmod 700 /tmp/data && touch /tmp/data/x && \
                   (timeout 1 nc -l -p 80 </dev/null; true) && echo fine";
    let (_, out, err) = bench.run(lease, "web", prepare).await;
    assert_eq!(out, "fine\n", "{err}");
    let become_app = "echo app:x:999:999::/:/bin/sh >> /etc/passwd && busybox su app -c 'id -u'";
    let (_, out, err) = bench.run(lease, "web", become_app).await;
    assert_eq!(out, "999\n", "{err}");
    bench.runtime.remove(lease).await.unwrap();
}

#[tokio::test]
async fn an_engine_that_is_away_is_an_error_and_never_an_empty_answer() {
    // Needs no engine.
    let away = runtime("unix:///nonexistent/engine.sock", "wasm1away000");
    assert!(matches!(away.observe().await, Err(RuntimeError::EngineUnreachable { .. })));
    assert!(matches!(away.capacity().await, Err(RuntimeError::EngineUnreachable { .. })));
    let error = away.remove(LeaseId(1)).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
}

#[tokio::test]
async fn forty_leases_have_a_network_each() {
    let Some(bench) = Bench::new().await else { return };
    let leases: Vec<u64> = (100..140).collect();
    for lease in &leases {
        let mut nothing = workload(*lease, vec![bench.service("web", &["sleep", "1000"])]);
        nothing.services[0].count = 0;
        let seen = bench.runtime.apply(&nothing).await.unwrap();
        assert!(seen.network && seen.containers.is_empty());
    }
    assert_eq!(bench.runtime.observe().await.unwrap().len(), leases.len());
    for lease in leases {
        bench.runtime.remove(LeaseId(lease)).await.unwrap();
    }
    assert_eq!(bench.runtime.observe().await.unwrap(), vec![]);
    assert_eq!(bench.containers(&format!("akash.provider={}", bench.runtime.config().provider)).await, 0);
}
