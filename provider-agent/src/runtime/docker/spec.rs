//! From a replica's specification to what is sent to the engine. Every isolation default is here.

use bollard::models::{
    ContainerCreateBody, EndpointSettings, HealthConfig, HostConfig, HostConfigCgroupnsModeEnum,
    HostConfigLogConfig, Mount, MountBindOptions, MountBindOptionsPropagationEnum, MountType,
    NetworkingConfig, PortBinding, ResourcesUlimits, RestartPolicy, RestartPolicyNameEnum,
};
use market_api::LeaseId;
use std::collections::HashMap;
use std::net::IpAddr;

use super::config::{DockerConfig, DEFAULT_CAPABILITIES};
use super::labels;
use crate::runtime::{MountedFile, PublishedPort, ServiceSpec};

/// Default-deny. Against the engine's own profile it also leaves out: io_uring, the kernel's key rings, bpf, ptrace
/// and reading other processes' memory, userfaultfd, every call that makes or enters a namespace or mounts, and all
/// sockets but unix, IPv4, IPv6 and netlink (no AF_ALG, AF_VSOCK, AF_PACKET). `clone3` answers "not implemented",
/// so that libraries fall back to `clone`, whose flags can be looked at. 32-bit system calls are not served.
const SECCOMP: &str = include_str!("seccomp.json");

pub(super) struct Replica<'a> {
    pub lease: LeaseId,
    pub version: &'a str,
    pub service: &'a ServiceSpec,
    pub number: u32,
    /// Of this replica alone.
    pub ports: Vec<&'a PublishedPort>,
    pub host_ip: IpAddr,
}

impl Replica<'_> {
    pub fn hash(&self) -> String {
        labels::spec_hash(self.service, &self.ports, self.host_ip)
    }

    pub fn name(&self, provider: &str) -> String {
        labels::container_name(provider, self.lease, &self.service.name, self.number)
    }

    pub fn host_ports(&self) -> Vec<u16> {
        self.ports.iter().map(|port| port.host_port).collect()
    }
}

pub(super) fn create_body(
    config: &DockerConfig,
    replica: &Replica<'_>,
    network_id: &str,
) -> ContainerCreateBody {
    let service = replica.service;
    let host_name = format!("{}-{}", service.name, replica.number);
    let mut exposed: Vec<String> =
        service.ports.iter().map(|port| labels::port_key(port.port, port.protocol)).collect();
    exposed.extend(replica.ports.iter().map(|port| labels::port_key(port.container_port, port.protocol)));
    exposed.sort();
    exposed.dedup();
    let endpoint = EndpointSettings {
        aliases: Some(vec![service.name.clone(), host_name.clone()]),
        ..Default::default()
    };
    let given = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
    ContainerCreateBody {
        // A label of a name has at most 63 bytes; a longer host name would be refused by the kernel's limit of 64.
        hostname: Some(host_name.chars().take(63).collect()),
        image: Some(service.image.clone()),
        entrypoint: given(&service.command),
        cmd: given(&service.args),
        env: given(&service.env),
        exposed_ports: given(&exposed),
        tty: Some(false),
        open_stdin: Some(false),
        // The image's check would run at the image's pace; the agent watches the process itself.
        healthcheck: Some(HealthConfig { test: Some(vec!["NONE".to_owned()]), ..Default::default() }),
        stop_timeout: Some(config.stop_timeout.as_secs().try_into().unwrap_or(10)),
        labels: Some(labels::of_container(
            &config.provider,
            replica.lease,
            replica.version,
            &service.name,
            replica.number,
            &replica.hash(),
        )),
        host_config: Some(host_config(config, replica, network_id)),
        networking_config: Some(NetworkingConfig {
            endpoints_config: Some(HashMap::from([(network_id.to_owned(), endpoint)])),
        }),
        ..Default::default()
    }
}

fn host_config(config: &DockerConfig, replica: &Replica<'_>, network_id: &str) -> HostConfig {
    let service = replica.service;
    let memory = signed(service.memory);
    let mut bindings: HashMap<String, Option<Vec<PortBinding>>> = HashMap::new();
    for port in &replica.ports {
        bindings
            .entry(labels::port_key(port.container_port, port.protocol))
            .or_default()
            .get_or_insert_with(Vec::new)
            .push(PortBinding {
                host_ip: Some(replica.host_ip.to_string()),
                host_port: Some(port.host_port.to_string()),
            });
    }
    HostConfig {
        network_mode: Some(network_id.to_owned()),
        extra_hosts: (!service.hosts.is_empty())
            .then(|| service.hosts.iter().map(|(name, address)| format!("{name}:{address}")).collect()),
        port_bindings: (!bindings.is_empty()).then_some(bindings),
        publish_all_ports: Some(false),

        nano_cpus: Some(signed(service.cpu_millis.saturating_mul(1_000_000))),
        memory: Some(memory),
        // Equal to memory: no swap.
        memory_swap: Some(memory),
        pids_limit: Some(signed(config.pids)),
        ulimits: Some(vec![ulimit("nofile", signed(config.open_files)), ulimit("core", 0)]),
        shm_size: Some(signed(config.shm_size)),
        // The kernel looks here first, before it looks at the agent or the engine.
        oom_score_adj: Some(500),
        storage_opt: config
            .storage_quota
            .then(|| HashMap::from([("size".to_owned(), service.storage.to_string())])),
        log_config: Some(HostConfigLogConfig {
            typ: Some("json-file".to_owned()),
            config: Some(HashMap::from([
                ("max-size".to_owned(), config.log_size.to_string()),
                ("max-file".to_owned(), config.log_files.to_string()),
            ])),
        }),

        privileged: Some(false),
        cap_drop: Some(vec!["ALL".to_owned()]),
        cap_add: Some(DEFAULT_CAPABILITIES.iter().map(|&c| c.to_owned()).collect()),
        security_opt: Some(vec!["no-new-privileges:true".to_owned(), format!("seccomp={SECCOMP}")]),
        ipc_mode: Some("private".to_owned()),
        cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
        runtime: (!config.oci_runtime.is_empty()).then(|| config.oci_runtime.clone()),

        // The agent restarts, with back-off and on the record; the engine never does on its own.
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::NO),
            maximum_retry_count: None,
        }),
        auto_remove: Some(false),
        // Ordinary images write to their own root file system; what they write goes with the container.
        readonly_rootfs: Some(false),
        mounts: (!service.files.is_empty()).then(|| service.files.iter().map(mount).collect()),
        ..Default::default()
    }
}

/// A file that can only be read. The engine refuses a source that is not there, where its shorter form of a mount
/// would make a folder of it.
fn mount(file: &MountedFile) -> Mount {
    Mount {
        target: Some(file.mount.clone()),
        source: Some(file.source.display().to_string()),
        typ: Some(MountType::BIND),
        read_only: Some(true),
        bind_options: Some(MountBindOptions {
            propagation: Some(MountBindOptionsPropagationEnum::RPRIVATE),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn ulimit(name: &str, limit: i64) -> ResourcesUlimits {
    ResourcesUlimits { name: Some(name.to_owned()), soft: Some(limit), hard: Some(limit) }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::ServicePort;
    use gateway_api::Protocol;
    use serde_json::Value;

    const GOLDEN: &str = include_str!("create_body.golden.json");

    fn body(config: &DockerConfig) -> ContainerCreateBody {
        let service = ServiceSpec {
            name: "web".into(),
            image: "nginx:1".into(),
            command: vec!["/bin/server".into()],
            args: vec!["-p".into(), "80".into()],
            env: vec!["A=1".into()],
            cpu_millis: 500,
            memory: 128 << 20,
            storage: 256 << 20,
            count: 2,
            ports: vec![
                ServicePort { port: 80, protocol: Protocol::Tcp },
                ServicePort { port: 53, protocol: Protocol::Udp },
            ],
            carried_image: false,
            files: vec![],
            hosts: vec![],
        };
        let port = PublishedPort {
            service: "web".into(),
            replica: 1,
            container_port: 80,
            protocol: Protocol::Tcp,
            host_port: 30001,
        };
        let replica = Replica {
            lease: LeaseId(7),
            version: "abcd",
            service: &service,
            number: 1,
            ports: vec![&port],
            host_ip: "127.0.0.1".parse().unwrap(),
        };
        create_body(config, &replica, "network-id")
    }

    fn config() -> DockerConfig {
        DockerConfig::new("unix:///x", "wasm1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu")
    }

    #[test]
    fn the_engine_is_told_exactly_what_the_golden_file_says() {
        let mut sent = serde_json::to_value(body(&config())).unwrap();
        let options = sent["HostConfig"]["SecurityOpt"].as_array_mut().unwrap();
        // The profile has a file and a test of its own.
        let seccomp = options.pop().unwrap();
        assert_eq!(seccomp.as_str().unwrap().strip_prefix("seccomp="), Some(SECCOMP));
        let golden: Value = serde_json::from_str(GOLDEN).unwrap();
        compare("", &sent, &golden);
    }

    fn compare(path: &str, sent: &Value, golden: &Value) {
        if let (Value::Object(sent), Value::Object(golden)) = (sent, golden) {
            let keys = |map: &serde_json::Map<String, Value>| {
                let mut keys: Vec<String> = map.keys().cloned().collect();
                keys.sort();
                keys
            };
            assert_eq!(keys(sent), keys(golden), "fields of {path:?}");
            for (key, value) in sent {
                compare(&format!("{path}/{key}"), value, &golden[key]);
            }
        } else {
            assert_eq!(sent, golden, "{path}");
        }
    }

    #[test]
    fn files_are_mounted_so_that_they_can_only_be_read() {
        let file = MountedFile {
            content: content::ContentId([1; 32]),
            source: "/data/content/whole/x/data".into(),
            mount: "/etc/app.conf".into(),
        };
        let mount = serde_json::to_value(mount(&file)).unwrap();
        let golden = serde_json::json!({
            "Target": "/etc/app.conf",
            "Source": "/data/content/whole/x/data",
            "Type": "bind",
            "ReadOnly": true,
            "BindOptions": { "Propagation": "rprivate" },
        });
        assert_eq!(mount, golden);
    }

    #[test]
    fn storage_and_runtime_are_passed_on_where_the_operator_says_so() {
        let mut config = config();
        config.storage_quota = true;
        config.oci_runtime = "runsc".into();
        let host = body(&config).host_config.unwrap();
        assert_eq!(host.storage_opt.unwrap()["size"], (256u64 << 20).to_string());
        assert_eq!(host.runtime.as_deref(), Some("runsc"));
    }

    #[test]
    fn the_profile_denies_by_default_and_allows_nothing_dangerous() {
        let profile: Value = serde_json::from_str(SECCOMP).unwrap();
        assert_eq!(profile["defaultAction"], "SCMP_ACT_ERRNO");
        let dangerous = [
            "io_uring_setup",
            "io_uring_enter",
            "io_uring_register",
            "keyctl",
            "add_key",
            "request_key",
            "bpf",
            "userfaultfd",
            "mount",
            "umount2",
            "pivot_root",
            "unshare",
            "setns",
            "ptrace",
            "process_vm_readv",
            "process_vm_writev",
            "perf_event_open",
            "open_by_handle_at",
            "init_module",
            "finit_module",
            "delete_module",
            "kexec_load",
            "kexec_file_load",
            "reboot",
            "swapon",
            "swapoff",
            "syslog",
            "acct",
            "quotactl",
            "fsopen",
            "fsmount",
            "move_mount",
            "open_tree",
            "mount_setattr",
            "settimeofday",
            "clock_settime",
            "iopl",
            "ioperm",
            "modify_ldt",
            "chroot",
            "fanotify_init",
            "lookup_dcookie",
        ];
        let mut socket_families = Vec::new();
        for rule in profile["syscalls"].as_array().unwrap() {
            let allows = rule["action"] == "SCMP_ACT_ALLOW";
            for name in rule["names"].as_array().unwrap() {
                let name = name.as_str().unwrap();
                assert!(!(allows && dangerous.contains(&name)), "{name} is allowed");
                if ["socket", "clone", "personality"].contains(&name) {
                    assert!(
                        !rule["args"].as_array().unwrap().is_empty(),
                        "{name} is allowed without a condition"
                    );
                }
                if name == "clone3" {
                    assert!(!allows);
                    assert_eq!(rule["errnoRet"], 38);
                }
                if name == "socket" {
                    assert_eq!(rule["args"][0]["op"], "SCMP_CMP_EQ");
                    socket_families.push(rule["args"][0]["value"].as_u64().unwrap());
                }
            }
        }
        assert_eq!(socket_families, [1, 2, 10, 16]);
    }
}
