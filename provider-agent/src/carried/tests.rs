use super::*;
use manifest::CarriedFile;

const SDL: &str = r#"
version: "2.0"
services:
  web: {image: nginx}
profiles:
  compute: {p: {resources: {cpu: {units: 1}, memory: {size: 1Gi}, storage: {size: 1Gi}}}}
  placement:
    east: {pricing: {p: {denom: uakt, amount: 1}}}
    west: {pricing: {p: {denom: uakt, amount: 1}}}
deployment: {web: {west: {profile: p, count: 1}, east: {profile: p, count: 1}}}
"#;

fn content(name: u8, size: u64) -> ContentRef {
    ContentRef { id: ContentId([name; 32]), size }
}

#[test]
fn a_lease_keeps_what_it_needs_and_what_fits_beside_it_for_others() {
    let mut manifest = manifest::parse("a", SDL.as_bytes()).unwrap().manifest();
    let [east, west] = &mut manifest.groups[..] else { panic!("two groups") };
    east.services[0].carried.image = Some(content(1, 10));
    west.services[0].carried.image = Some(content(2, 20));
    for (mount, content) in [("/a", content(3, 30)), ("/b", content(1, 10))] {
        west.services[0].carried.files.push(CarriedFile { mount: mount.into(), content });
    }
    let sizes = |group: &str, limit| {
        kept(&manifest, group, limit)
            .iter()
            .map(|(content, needed)| (content.size, *needed))
            .collect::<Vec<_>>()
    };
    assert_eq!(sizes("east", 30), [(10, true), (20, false)]);
    assert_eq!(sizes("east", 60), [(10, true), (20, false), (30, false)]);
    assert_eq!(sizes("east", 45), [(10, true), (20, false)]);
    assert_eq!(sizes("east", 0), [(10, true)]);
    assert_eq!(sizes("west", 60), [(10, true), (20, true), (30, true)]);
}
