//! What manifests carry: waited for, run, and removed.

use content::{ContentRef, Tree, CHUNK_BYTES};
use gateway_api::ContentStatus;
use manifest::{CarriedFile, Manifest};

use super::*;

fn bytes(seed: u8, size: usize) -> Vec<u8> {
    (0..size).map(|at| (at % 253) as u8 ^ seed).collect()
}

fn content(bytes: &[u8]) -> ContentRef {
    Tree::of(&mut &bytes[..]).unwrap().content()
}

/// With an image and a file.
fn carrying(image: &[u8], file: &[u8]) -> Manifest {
    let mut carrying = manifest("nginx:1");
    let carried = &mut carrying.groups[0].services[0].carried;
    carried.image = Some(content(image));
    carried.files = vec![CarriedFile { mount: "/etc/app.conf".into(), content: content(file) }];
    carrying
}

/// A rig whose lease 1 is for this manifest, which was sent.
async fn matched_for(manifest: &Manifest, dir: &std::path::Path) -> Rig {
    let mut rig = Rig::new();
    share(&rig, dir);
    rig.chain.state().versions.insert(1, manifest.version().0.to_vec());
    rig.matched(&[1]).await;
    submit(&rig, manifest).await.unwrap();
    rig.block().await;
    rig
}

async fn submit(rig: &Rig, manifest: &Manifest) -> Result<(), Problem> {
    let bytes = Bytes::from(manifest.to_canonical_json());
    rig.backend.submit_manifest(LeaseId(1), bytes).await.map(|_| ())
}

/// What the tenant sends, chunk by chunk.
async fn send(rig: &Rig, bytes: &[u8], chunks: impl Iterator<Item = u32>) {
    let tree = Tree::of(&mut &bytes[..]).unwrap();
    let file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut &file, bytes).unwrap();
    let entry = rig.backend.open_content(LeaseId(1), tree.content().id).await.unwrap();
    for index in chunks {
        entry.put(index, &tree.chunk(&file, index).unwrap().unwrap()).unwrap();
    }
    rig.backend.content_grew(LeaseId(1), entry.file().is_some());
}

async fn control(rig: &Rig) -> Control {
    rig.backend.status(LeaseId(1)).await.unwrap().control
}

fn stored(dir: &std::path::Path) -> usize {
    content::Store::open(dir).unwrap().list().unwrap().len()
}

#[tokio::test]
async fn a_lease_waits_for_what_its_manifest_carries_and_runs_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let (image, file) = (bytes(1, 2 * CHUNK_BYTES + 5), bytes(2, 10));
    let mut rig = matched_for(&carrying(&image, &file), dir.path()).await;
    let Control::AwaitingContent { missing } = control(&rig).await else {
        panic!("{:?}", control(&rig).await)
    };
    assert_eq!(missing.len(), 2);
    assert_eq!(rig.runtime.engine().applied, 0);

    send(&rig, &image, 0..2).await;
    send(&rig, &file, 0..1).await;
    rig.block().await;
    let wanted = ContentStatus {
        id: content(&image).id.to_string(),
        size: image.len() as u64,
        needed: true,
        done: 2,
        total: 3,
    };
    assert_eq!(control(&rig).await, Control::AwaitingContent { missing: vec![wanted] });
    send(&rig, &image, 2..3).await;
    rig.block().await;
    rig.block().await;
    assert_eq!(rig.chain.state().leases[&1].phase, LeasePhase::Active);

    let applied = rig.runtime.engine().last.clone().unwrap();
    let service = &applied.services[0];
    assert_eq!(service.image, format!("sha256:{}", content(&image).id));
    assert!(service.carried_image);
    assert_eq!(service.files[0].mount, "/etc/app.conf");
    assert_eq!(std::fs::read(&service.files[0].source).unwrap(), file);
    assert!(std::fs::metadata(&service.files[0].source).unwrap().permissions().readonly());
}

#[tokio::test]
async fn content_goes_with_the_last_lease_that_names_it_also_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let (image, file) = (bytes(1, 9), bytes(2, 10));
    let mut rig = matched_for(&carrying(&image, &file), dir.path()).await;
    send(&rig, &image, 0..1).await;
    send(&rig, &file, 0..1).await;
    rig.block().await;
    rig.block().await;
    rig.leases.drop_unused_contents().await.unwrap();
    assert_eq!((stored(dir.path()), rig.runtime.engine().images.len()), (2, 1));

    // What nobody names any more, such as what an agent held that was killed.
    let orphan = bytes(9, 3);
    rig.leases.contents().unwrap().import(&mut &orphan[..]).unwrap();
    rig.runtime.engine().images.insert(content(&orphan).id);
    let mut rig = rig.restart(true);
    share(&rig, dir.path());
    rig.leases.drop_unused_contents().await.unwrap();
    assert_eq!((stored(dir.path()), rig.runtime.engine().images.len()), (2, 1));

    rig.end(1);
    for _ in 0..4 {
        rig.block().await;
    }
    assert_eq!((stored(dir.path()), rig.runtime.engine().images.len()), (0, 0));
}

#[tokio::test]
async fn a_lease_brings_no_more_than_it_bought_room_for() {
    let dir = tempfile::tempdir().unwrap();
    let mut huge = manifest("nginx:1");
    let room = 1 << 30;
    huge.groups[0].services[0].carried.image = Some(ContentRef { id: content(b"a").id, size: room + 1 });
    let mut rig = Rig::new();
    share(&rig, dir.path());
    rig.chain.state().versions.insert(1, huge.version().0.to_vec());
    rig.matched(&[1]).await;
    let refused = submit(&rig, &huge).await.unwrap_err().to_string();
    assert!(refused.contains("1073741825 bytes") && refused.contains("may bring 1073741824"), "{refused}");
    let none = rig.backend.open_content(LeaseId(1), content(b"a").id).await.unwrap_err();
    assert!(matches!(none, Problem::NoSuchContent { .. }), "{none:?}");
}

#[tokio::test]
async fn what_runs_goes_on_while_a_new_version_waits_for_its_content() {
    let dir = tempfile::tempdir().unwrap();
    let mut rig = Rig::running().await;
    share(&rig, dir.path());
    let before = rig.runtime.ids();
    let new = carrying(b"image", b"file");
    rig.chain.state().versions.insert(1, new.version().0.to_vec());
    submit(&rig, &new).await.unwrap();
    rig.block().await;
    assert_eq!(rig.runtime.ids(), before);
    assert!(matches!(control(&rig).await, Control::AwaitingContent { .. }));
    send(&rig, b"image", 0..1).await;
    send(&rig, b"file", 0..1).await;
    rig.block().await;
    assert_ne!(rig.runtime.ids(), before);
    assert_eq!(control(&rig).await, Control::Active);
}

#[tokio::test]
async fn participants_are_given_what_the_deployments_manifests_name_and_nothing_else() {
    use ::exchange::Host;
    let dir = tempfile::tempdir().unwrap();
    let rig = matched_for(&carrying(b"image", b"file"), dir.path()).await;
    let host = ChainHost::new(rig.core.clone());
    assert!(host.carries(1, &content(b"image")).await);
    assert!(!host.carries(1, &content(b"other")).await);
    assert!(!host.carries(2, &content(b"image")).await);
}
