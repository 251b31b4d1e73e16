//! The manifest language: Akash SDL in, and out of it the canonical manifest, its version and the orders to buy.
//!
//! - [`parse`] reads a file and reports every mistake in it at once, each with line, column and key.
//! - [`Sdl::manifest`] is what a provider runs. [`Manifest::version`] is what the chain records: the SHA-256 of
//!   [`Manifest::to_canonical_json`], the same bytes that Akash's own SDK hashes for the same file.
//! - [`Sdl::orders`] is what the tenant buys: one order for each placement group.
//! - [`check_fits`] is the provider's question: does this manifest run on what the order sold?
//! - [`Manifest::needs`] lists what a manifest asks for that not every provider can do, so that nothing is ignored.
//!
//! The language, its limits and where it is stricter than Akash's own tools are described in `docs/manifest.md`.

mod canonical;
mod carried;
mod connection;
mod error;
mod fits;
pub mod limits;
mod model;
mod needs;
mod order;
mod price;
mod rules;
mod schema;
mod sdl;
mod starter;
mod version;
mod yaml;

pub use canonical::CanonicalError;
pub use carried::{Carried, CarriedFile};
pub use connection::{Connection, Outgoing};
pub use content::{ContentId, ContentRef};
pub use error::{Error, Errors};
pub use fits::check_fits;
pub use model::{
    Credentials, Endpoint, Expose, Gpu, HttpOptions, Manifest, ManifestGroup, Params, Permission,
    Permissions, Proto, Service, ServiceResources, Storage, StorageMount,
};
pub use needs::{Feature, Need};
pub use price::{total_for_term, Amount, BLOCK_MILLISECONDS};
pub use schema::SCHEMA;
pub use sdl::{parse, parse_with, Files, Sdl, ServicePrice, Terms, Wishes, LEASED_IP_ATTRIBUTE};
pub use starter::STARTER;
pub use version::{InvalidVersion, Version};
