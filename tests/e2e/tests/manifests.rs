//! Who may hand a manifest to a provider, and which one.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use common::{deploy_without_waiting, sdl, Pending, Terms, CHEAP};
use e2e::{until, Account, Lab, Provider};
use rcgen::{
    CertificateParams, DistinguishedName, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};
use time::OffsetDateTime;

const GATEWAY: &str = "https://127.0.0.1:27401";

/// A leaf of an account's root as a program other than ours would make it.
fn leaf(lab: &Lab, account: &Account, name: &str, valid: (i64, i64)) -> (PathBuf, PathBuf) {
    let roots = account.home().join("roots").join(account.address());
    let read = |file: &str| std::fs::read_to_string(roots.join(file)).expect("the account has a root");
    let (root, key) = (read("root.pem"), read("root.key"));
    let issuer_key = KeyPair::from_pem(&key).expect("a key");
    let issuer = Issuer::from_ca_cert_pem(&root, issuer_key).expect("a root");
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    let uri = format!("akash://{}/{}/tenant", lab.book.chain_id, account.address());
    params.subject_alt_names = vec![SanType::URI(uri.try_into().expect("ASCII"))];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    let now = OffsetDateTime::now_utc();
    params.not_before = now + time::Duration::seconds(valid.0);
    params.not_after = now + time::Duration::seconds(valid.1);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.signed_by(&key, &issuer).expect("a leaf");
    let dir = lab.dir.join("leaves");
    std::fs::create_dir_all(&dir).expect("a directory for leaves");
    let (chain_file, key_file) = (dir.join(format!("{name}.pem")), dir.join(format!("{name}.key")));
    std::fs::write(&chain_file, certificate.pem() + &root).expect("written");
    std::fs::write(&key_file, key.serialize_pem()).expect("written");
    (chain_file, key_file)
}

/// Sends a manifest with curl; gives the HTTP status (0 when TLS refused) and the answer.
fn send(lease: u64, manifest: &Path, (chain, key): &(PathBuf, PathBuf)) -> (u16, String) {
    let output = Command::new("curl")
        .args(["-sk", "--tlsv1.3", "--max-time", "20", "-w", "\n%{http_code}", "-X", "PUT"])
        .args(["-H", "content-type: application/json", "--data-binary"])
        .arg(format!("@{}", manifest.display()))
        .args(["--cert".as_ref(), chain.as_os_str(), "--key".as_ref(), key.as_os_str()])
        .arg(format!("{GATEWAY}/v1/leases/{lease}/manifest"))
        .output()
        .expect("curl runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap_or((&text, "0"));
    (status.parse().unwrap_or(0), body.to_owned())
}

/// A pending lease of the provider whose manifest nobody has sent, and the canonical manifests of two versions.
fn matched(lab: &Lab, tenant: &Account, name: &str) -> (Pending, u64, PathBuf, PathBuf) {
    let right = lab.manifest(name, &sdl("nginx", 1));
    let wrong = lab.manifest(&format!("{name}-wrong"), &sdl("nginx", 1).replace("blue", "red"));
    let canonical = |file: &str| {
        let shown = tenant.ok(&["manifest", "show", file]);
        let path = PathBuf::from(format!("{file}.json"));
        std::fs::write(&path, shown["canonical"].as_str().expect("the canonical manifest")).expect("written");
        path
    };
    let pending = deploy_without_waiting(tenant, &right, &Terms::default());
    let lease = until("the match", Duration::from_secs(20), || lab.order(pending.order).lease);
    (pending, lease.0, canonical(&right), canonical(&wrong))
}

#[test]
fn only_the_right_manifest_from_the_tenant_itself_is_taken() {
    let lab = Lab::get();
    let provider = Provider::open(lab, 1, CHEAP);
    let tenant = Account::open(lab, "tenant");
    let stranger = Account::open(lab, "tenant2");
    provider.start();
    let (pending, lease, right, wrong) = matched(lab, &tenant, "handed");

    // Another version than the one on the chain: both hashes are named and nothing starts.
    let current = (-30, 3600);
    let own = leaf(lab, &tenant, "own", current);
    let (status, body) = send(lease, &wrong, &own);
    assert!((400..500).contains(&status), "{status} {body}");
    let version =
        |file: &str| tenant.ok(&["manifest", "version", file])["version"].as_str().map(str::to_owned);
    let path = |name: &str| lab.dir.join("manifests").join(name).display().to_string();
    for expected in [version(&path("handed.yaml")), version(&path("handed-wrong.yaml"))] {
        let expected = expected.expect("a version");
        assert!(body.contains(&expected), "names {expected}: {body}");
    }
    assert!(lab.engine.remains(lease).is_empty(), "nothing was started");

    // Somebody else, with a root on the chain: the same answer as for a lease that does not exist.
    let other = leaf(lab, &stranger, "other", current);
    let (status, body) = send(lease, &right, &other);
    let (absent_status, absent_body) = send(999_999, &right, &other);
    assert_eq!(status, absent_status);
    assert_eq!(
        body.replace(&lease.to_string(), "N"),
        absent_body.replace("999999", "N"),
        "a stranger learns nothing"
    );
    assert!((400..500).contains(&status), "{status} {body}");

    // A leaf whose time is over, with the reason.
    let expired = leaf(lab, &tenant, "expired", (-7200, -3600));
    let (status, body) = send(lease, &right, &expired);
    assert!(status == 0 || (400..500).contains(&status), "{status} {body}");
    assert!(status == 0 || body.contains("expired"), "{body}");

    // A leaf under a root that the chain does not know.
    let forged = {
        let home = lab.dir.join("homes/forged/roots").join(tenant.address());
        let root =
            identity::Root::generate(tenant.address(), identity::DEFAULT_ROOT_VALIDITY).expect("a root");
        if !home.exists() {
            root.save(&home).expect("saved");
        }
        home
    };
    let own_roots = tenant.home().join("roots").join(tenant.address());
    let aside = own_roots.with_extension("aside");
    std::fs::rename(&own_roots, &aside).expect("moved");
    std::fs::rename(&forged, &own_roots).expect("moved");
    let unknown = leaf(lab, &tenant, "unknown", current);
    std::fs::remove_dir_all(&own_roots).expect("removed");
    std::fs::rename(&aside, &own_roots).expect("moved back");
    let (status, body) = send(lease, &right, &unknown);
    assert!((400..500).contains(&status), "{status} {body}");

    assert!(lab.engine.remains(lease).is_empty(), "nothing was started by any of them");

    // The right one.
    let (status, body) = send(lease, &right, &own);
    assert!((200..300).contains(&status), "{status} {body}");
    until("the workload runs", Duration::from_secs(30), || {
        (lab.engine.running(lease).len() == 1).then_some(())
    });
    tenant.ok(&["close", &pending.id.to_string(), "-y"]);
    lab.check_money();
}

#[test]
fn a_revoked_root_is_refused_within_two_blocks() {
    let lab = Lab::get();
    let provider = Provider::open(lab, 1, CHEAP);
    let tenant = Account::open(lab, "tenant2");
    provider.start();
    let (pending, lease, right, _) = matched(lab, &tenant, "revoked");
    let own = leaf(lab, &tenant, "revoked", (-30, 3600));
    tenant.ok(&["cert", "revoke", "-y"]);
    lab.blocks(2);
    let (status, body) = until("the revocation is known", Duration::from_secs(5), || {
        let (status, body) = send(lease, &right, &own);
        (status >= 400).then_some((status, body))
    });
    assert!(body.contains("revoked"), "{status} {body}");
    assert!(lab.engine.remains(lease).is_empty(), "nothing was started");
    // A new root puts everything right again.
    tenant.ok(&["cert", "publish", "--rotate", "-y"]);
    tenant.ok(&["send-manifest", &pending.id.to_string()]);
    until("the workload runs", Duration::from_secs(30), || {
        (lab.engine.running(lease).len() == 1).then_some(())
    });
    tenant.ok(&["close", &pending.id.to_string(), "-y"]);
}
