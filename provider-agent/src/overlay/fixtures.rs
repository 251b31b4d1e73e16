//! A manifest whose services run at two places, for tests.

use manifest::{Manifest, Outgoing, Proto};

const SDL: &str = r#"
version: "2.0"
services: {web: {image: nginx}, cache: {image: redis}, db: {image: postgres}}
profiles:
  compute: {p: {resources: {cpu: {units: 1}, memory: {size: 1Gi}, storage: [{size: 1Gi}]}}}
  placement:
    east: {pricing: {p: {denom: uakt, amount: 1}}}
    west: {pricing: {p: {denom: uakt, amount: 1}}}
deployment:
  web: {west: {profile: p, count: 1}}
  cache: {west: {profile: p, count: 1}}
  db: {east: {profile: p, count: 1}}
"#;

/// With these connections (from, to, port) over TCP, to the same port of the target.
pub fn manifest(connections: &[(&str, &str, u16)]) -> Manifest {
    let sdl = manifest::parse("test.yaml", SDL.as_bytes()).unwrap_or_else(|errors| panic!("{errors}"));
    let mut manifest = sdl.manifest();
    for service in manifest.groups.iter_mut().flat_map(|group| &mut group.services) {
        let own = connections.iter().filter(|(from, _, _)| service.name == *from);
        service.connections = own
            .map(|(_, to, port)| Outgoing {
                to: (*to).to_owned(),
                port: *port,
                proto: Proto::Tcp,
                target_port: *port,
            })
            .collect();
    }
    manifest
}
