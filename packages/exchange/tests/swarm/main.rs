//! Peers over real TLS connections. What is asserted is what comes out: content whole and equal, peers named,
//! strangers refused. Never how much was sent by whom, nor how fast.

mod hostile;
mod lab;
mod sharing;
mod strangers;
