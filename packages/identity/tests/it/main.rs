//! Certificates over real sockets: what is accepted, what is refused, and how the other side learns of it.

mod bad_certificates;
mod connections;
mod forge;
mod roots;
