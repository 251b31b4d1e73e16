//! An image and a file travel with the manifest: from the tenant to the first provider, from there to the second
//! while the tenant is away, into containers that cannot change them, and out of everything at the end.

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use common::CHEAP;
use content::{ContentRef, Tree};
use e2e::{get, matched, one_service_each, runs, until, Account, Lab, Provider};
use manifest::{CarriedFile, Manifest};

/// Longer than anything here takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(120);
const MOUNT: &str = "/var/www/html/greeting.txt";
const GREETING: &str = "carried all the way\n";
/// A name that only the archive has; no engine knows it.
const NAME: &str = "private/web:1";

fn start(provider: &Provider, site: &str) {
    let site = format!("site={site}");
    provider.owner.ok(&["provider", "update", "--attribute", "region=lab", "--attribute", &site, "-y"]);
    provider.launch();
    until("the agent is ready", PATIENCE, || provider.ready().then_some(()));
}

fn content(path: &Path) -> ContentRef {
    let mut file = std::fs::File::open(path).expect("the file opens");
    Tree::of(&mut file).expect("the file is read").content()
}

/// An image that is in no engine, as `docker save` writes it, and its id.
fn archive(lab: &Lab, path: &Path) -> String {
    let docker = |arguments: &[&str]| lab.engine.docker(arguments).unwrap_or_else(|error| panic!("{error}"));
    let made = docker(&["create", "nginx:latest"]);
    let made = made.trim();
    let id = docker(&["commit", "--change", "LABEL from=the-tenant", made, NAME]).trim().to_owned();
    docker(&["save", "-o", &path.display().to_string(), NAME]);
    docker(&["rm", made]);
    docker(&["rmi", NAME]);
    id
}

/// Keeps a manifest in the tenant's home with the places of what it carries, as `akash deploy` does.
fn keep(tenant: &Account, manifest: &Manifest, paths: &[&PathBuf]) {
    let dir = tenant.home().join("manifests");
    std::fs::create_dir_all(&dir).expect("a directory for manifests");
    let version = manifest.version();
    let paths: BTreeMap<String, &PathBuf> =
        paths.iter().map(|path| (content(path).id.to_string(), *path)).collect();
    let index = serde_json::to_vec(&paths).expect("paths are text");
    std::fs::write(dir.join(format!("{version}.json")), manifest.to_canonical_json()).expect("it is kept");
    std::fs::write(dir.join(format!("{version}.contents.json")), index).expect("it is kept");
}

/// The agents' contents, and the engine's images that came with manifests.
fn left(lab: &Lab, agents: &[u16]) -> Vec<String> {
    let images = lab.engine.docker(&["images", "--format", "{{.Repository}}:{{.Tag}}"]).expect("images");
    let mut left: Vec<String> =
        images.lines().filter(|name| name.contains("carried")).map(str::to_owned).collect();
    for agent in agents {
        for kind in ["part", "whole"] {
            let dir = lab.dir.join(format!("agent{agent}/data/content/{kind}"));
            let entries = std::fs::read_dir(dir).expect("the agent has a store");
            left.extend(entries.map(|entry| entry.expect("an entry").path().display().to_string()));
        }
    }
    left
}

#[test]
fn an_image_and_a_file_travel_with_the_manifest_also_while_the_tenant_is_away() {
    let lab = Lab::get();
    let (first, second) = (Provider::open(lab, 1, CHEAP), Provider::open(lab, 2, CHEAP));
    let tenant = Account::open(lab, "tenant");
    start(&first, "one");
    start(&second, "two");
    let dir = lab.dir.join("carried");
    std::fs::create_dir_all(&dir).expect("a directory for what is carried");
    let (image, file) = (dir.join("web.tar"), dir.join("greeting.txt"));
    let id = archive(lab, &image);
    std::fs::write(&file, GREETING).expect("the file is written");

    let source = one_service_each("nginx", "blue", &["one", "two"]);
    let mut manifest = manifest::parse("carried.yaml", source.as_bytes()).expect("it is SDL").manifest();
    for service in manifest.groups.iter_mut().flat_map(|group| &mut group.services) {
        service.image = NAME.to_owned();
        service.carried.image = Some(content(&image));
        service.carried.files = vec![CarriedFile { mount: MOUNT.to_owned(), content: content(&file) }];
    }
    let path = lab.manifest("carried", &source);
    let (deployment, found) = matched(lab, &tenant, &path, &["one", "two"]);
    let (one, two) = (found[0].id, found[1].id);
    let version = manifest.version();
    let update = format!(r#"{{"update_deployment":{{"deployment":{deployment},"version":"{version}"}}}}"#);
    tenant.ok(&["tx", "market", &update, "-y"]);
    keep(&tenant, &manifest, &[&image, &file]);

    // The tenant speaks to the first provider only, and then its files are gone.
    tenant.ok(&["send-manifest", &deployment.to_string(), "--lease", &one.to_string()]);
    std::fs::remove_dir_all(&dir).expect("what the tenant had is removed");

    for lease in [one, two] {
        runs(lab, &lab.engine, lease, "blue");
        let [container] = &lab.engine.running(lease.0)[..] else { panic!("one container of lease {lease}") };
        let inspected = lab.engine.inspect(container);
        assert_eq!(inspected["Image"].as_str(), Some(id.as_str()), "the image that the tenant saved");
        assert_eq!(inspected["Mounts"][0]["Destination"].as_str(), Some(MOUNT));
        assert_eq!(inspected["Mounts"][0]["RW"].as_bool(), Some(false));
        let write = lab.engine.docker(&["exec", container, "sh", "-c", &format!("echo x > {MOUNT}")]);
        assert!(write.is_err(), "a carried file was written to: {write:?}");
        let port = inspected["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"].as_str();
        let url = format!("http://127.0.0.1:{}/greeting.txt", port.expect("port 80 is published"));
        let page = until("the file is served", PATIENCE, || get(&url));
        assert_eq!((page.status, page.body.as_str()), (200, GREETING));
    }
    assert!(
        lab.engine.docker(&["image", "inspect", NAME]).is_err(),
        "the archive's own name reached the engine"
    );

    // Nothing is lost or fetched again when an agent is killed.
    second.kill();
    second.start();
    runs(lab, &lab.engine, two, "blue");
    assert!(!left(lab, &[2]).is_empty());

    tenant.ok(&["close", &deployment.to_string(), "-y"]);
    until("what was carried is removed", PATIENCE, || left(lab, &[1, 2]).is_empty().then_some(()));
    lab.check_money();
}
