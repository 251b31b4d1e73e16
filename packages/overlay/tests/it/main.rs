//! Tunnels between two overlays in one process.

mod flows;
mod forge;
mod healing;
mod hostile;
mod streams;
mod support;
mod trust;
