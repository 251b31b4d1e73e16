//! What is measured: both ends of a tunnel, as processes.

use std::error::Error;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Clock ticks of /proc in a second.
const TICKS: f64 = 100.0;
const START_LIMIT: Duration = Duration::from_secs(20);

pub struct Subject {
    /// Where the load goes.
    pub address: SocketAddr,
    pub processes: Vec<Child>,
}

impl Drop for Subject {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn free_port() -> io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

impl Subject {
    pub fn start(name: &str, work: &Path, target: SocketAddr) -> Result<Self, Box<dyn Error>> {
        let _ = fs::remove_dir_all(work);
        fs::create_dir_all(work)?;
        let (listen, middle) = (free_port()?, free_port()?);
        let mut subject = Self { address: listen, processes: Vec::new() };
        match name {
            "direct" => subject.address = target,
            "relay" => {
                let own = std::env::current_exe()?.with_file_name("relay");
                for (from, to) in [(middle, target), (listen, middle)] {
                    subject.spawn(&own.to_string_lossy(), &[&from.to_string(), &to.to_string()], work)?;
                }
            }
            "overlay" => {
                let ends = std::env::current_exe()?.with_file_name("ends");
                let (ends, dir) = (ends.to_string_lossy().into_owned(), work.to_string_lossy().into_owned());
                if !Command::new(&ends).args(["roots", &dir]).status()?.success() {
                    return Err("no roots could be made".into());
                }
                let (listen, middle, target) = (listen.to_string(), middle.to_string(), target.to_string());
                subject.spawn(&ends, &["to", &dir, "--gateway", &middle, "--target", &target], work)?;
                subject.spawn(&ends, &["from", &dir, "--listen", &listen, "--dial", &middle], work)?;
            }
            "stunnel" | "haproxy" | "nginx" => subject.peer(name, work, listen, middle, target)?,
            other => return Err(format!("{other:?} is none of the subjects").into()),
        }
        let until = Instant::now() + START_LIMIT;
        while !subject.answers() {
            if Instant::now() > until {
                return Err(format!("{name} did not begin to carry; see {}", work.display()).into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(subject)
    }

    fn answers(&self) -> bool {
        let asking = || -> io::Result<()> {
            let mut stream = TcpStream::connect(self.address)?;
            stream.set_read_timeout(Some(Duration::from_secs(2)))?;
            stream.write_all(b"Ex")?;
            stream.read_exact(&mut [0])
        };
        asking().is_ok()
    }

    fn spawn(&mut self, program: &str, arguments: &[&str], work: &Path) -> Result<(), Box<dyn Error>> {
        let log = fs::File::create(work.join(format!("{}.log", self.processes.len())))?;
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{program} cannot be started: {error}"))?;
        self.processes.push(child);
        Ok(())
    }

    /// The usual tunnels, each with TLS 1.3 and certificates that are verified at both ends.
    fn peer(
        &mut self,
        name: &str,
        work: &Path,
        listen: SocketAddr,
        middle: SocketAddr,
        target: SocketAddr,
    ) -> Result<(), Box<dyn Error>> {
        certificates(work)?;
        let dir = work.display();
        let (ca, client, server) =
            (format!("{dir}/root.pem"), format!("{dir}/client.pem"), format!("{dir}/server.pem"));
        let write = |file: &str, text: String| -> io::Result<String> {
            let path = work.join(file);
            fs::write(&path, text)?;
            Ok(path.to_string_lossy().into_owned())
        };
        match name {
            "stunnel" => {
                let head = "foreground = yes\npid =\ndebug = 3\nsslVersionMin = TLSv1.3\n\
                            socket = l:TCP_NODELAY=1\nsocket = r:TCP_NODELAY=1\n[t]\nverifyChain = yes\n";
                let to = write("to.conf", format!(
                    "{head}accept = {middle}\nconnect = {target}\ncert = {server}\nCAfile = {ca}\nrequireCert = yes\n"
                ))?;
                let from = write("from.conf", format!(
                    "{head}client = yes\naccept = {listen}\nconnect = {middle}\ncert = {client}\nCAfile = {ca}\n\
                     checkHost = localhost\n"
                ))?;
                self.spawn("stunnel4", &[&to], work)?;
                self.spawn("stunnel4", &[&from], work)
            }
            "haproxy" => {
                let head =
                    "global\n maxconn 9000\n nbthread 2\n ssl-default-bind-options ssl-min-ver TLSv1.3\n \
                            ssl-default-server-options ssl-min-ver TLSv1.3\ndefaults\n mode tcp\n \
                            timeout connect 5s\n timeout client 1h\n timeout server 1h\n";
                let to = write("to.cfg", format!(
                    "{head}listen to\n bind {middle} backlog 4096 ssl crt {server} ca-file {ca} verify required\n \
                     server t {target}\n"
                ))?;
                let from = write("from.cfg", format!(
                    "{head}listen from\n bind {listen} backlog 4096\n server s {middle} ssl crt {client} ca-file {ca} \
                     verify required verifyhost localhost sni str(localhost)\n"
                ))?;
                self.spawn("haproxy", &["-db", "-f", &to], work)?;
                self.spawn("haproxy", &["-db", "-f", &from], work)
            }
            _ => {
                let head = |side: &str| {
                    format!(
                        "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\nuser root;\ndaemon off;\n\
                         master_process off;\npid {dir}/{side}.pid;\nerror_log {dir}/{side}.err error;\n\
                         worker_rlimit_nofile 20000;\nevents {{ worker_connections 8192; }}\n"
                    )
                };
                let to = write("to.cfg", format!(
                    "{}stream {{ server {{ listen {middle} ssl backlog=4096; proxy_pass {target}; proxy_timeout 1h;
                     proxy_half_close on;\n\
                     ssl_protocols TLSv1.3; ssl_certificate {server}; ssl_certificate_key {server};\n\
                     ssl_client_certificate {ca}; ssl_verify_client on; }} }}\n", head("to")
                ))?;
                let from = write("from.cfg", format!(
                    "{}stream {{ server {{ listen {listen} backlog=4096; proxy_pass {middle}; proxy_timeout 1h;
                     proxy_half_close on;\n\
                     proxy_ssl on; proxy_ssl_protocols TLSv1.3; proxy_ssl_certificate {client};\n\
                     proxy_ssl_certificate_key {client}; proxy_ssl_trusted_certificate {ca}; proxy_ssl_verify on;\n\
                     proxy_ssl_name localhost; proxy_ssl_server_name on; proxy_ssl_session_reuse on; }} }}\n", head("from")
                ))?;
                self.spawn("nginx", &["-p", &dir.to_string(), "-c", &to], work)?;
                self.spawn("nginx", &["-p", &dir.to_string(), "-c", &from], work)
            }
        }
    }

    /// Seconds of processor time that both ends have used.
    pub fn cpu(&self) -> f64 {
        self.processes
            .iter()
            .filter_map(|process| {
                let stat = fs::read_to_string(format!("/proc/{}/stat", process.id())).ok()?;
                let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
                let mut ticks = || fields.next()?.parse::<f64>().ok();
                Some((ticks()? + ticks()?) / TICKS)
            })
            .sum()
    }

    /// KiB of memory that both ends have resident.
    pub fn memory(&self) -> f64 {
        self.processes
            .iter()
            .filter_map(|process| {
                let status = fs::read_to_string(format!("/proc/{}/status", process.id())).ok()?;
                let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
                line.split_whitespace().nth(1)?.parse::<f64>().ok()
            })
            .sum()
    }

    /// System calls of both ends while `load` moves bytes. None: they cannot be counted here.
    pub fn calls_per_megabyte(
        &self,
        load: impl FnOnce() -> io::Result<u64>,
    ) -> Result<Option<f64>, Box<dyn Error>> {
        let out = std::env::temp_dir().join(format!("calls-{}", std::process::id()));
        let mut strace = Command::new("strace");
        strace.args(["-q", "-f", "-c", "-o"]).arg(&out);
        for process in &self.processes {
            strace.args(["-p", &process.id().to_string()]);
        }
        let Ok(mut strace) = strace.stderr(Stdio::null()).spawn() else { return Ok(None) };
        std::thread::sleep(Duration::from_millis(600));
        let bytes = load()?;
        let _ = Command::new("kill").args(["-INT", &strace.id().to_string()]).status()?;
        strace.wait()?;
        let table = fs::read_to_string(&out)?;
        let _ = fs::remove_file(&out);
        let total = table
            .lines()
            .find(|line| line.ends_with("total"))
            .and_then(|line| line.split_whitespace().filter_map(|word| word.parse::<f64>().ok()).nth(3));
        Ok(total.map(|calls| calls / (bytes as f64 / 1e6)))
    }
}

/// A root and a leaf for each end, in PEM files with their keys.
fn certificates(work: &Path) -> Result<(), Box<dyn Error>> {
    use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.key_usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    let root_key = KeyPair::generate()?;
    fs::write(work.join("root.pem"), root.self_signed(&root_key)?.pem())?;
    let issuer = Issuer::from_params(&root, &root_key);
    for (name, usage) in
        [("client", ExtendedKeyUsagePurpose::ClientAuth), ("server", ExtendedKeyUsagePurpose::ServerAuth)]
    {
        let mut leaf = CertificateParams::new(vec!["localhost".to_owned()])?;
        leaf.distinguished_name = rcgen::DistinguishedName::new();
        leaf.distinguished_name.push(rcgen::DnType::CommonName, name);
        leaf.extended_key_usages = vec![usage];
        let key = KeyPair::generate()?;
        let certificate = leaf.signed_by(&key, &issuer)?.pem();
        let mut file = {
            use std::os::unix::fs::OpenOptionsExt;
            let path = work.join(format!("{name}.pem"));
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?
        };
        write!(file, "{certificate}{}", key.serialize_pem())?;
    }
    Ok(())
}
