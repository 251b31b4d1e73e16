//! Limits of the language. What the market limits too (services of a group, volumes, replicas, orders of one
//! message, attributes, lengths of names) is taken from `market_api::limits` and `registry_api::limits`.

/// A manifest's source, and its canonical form, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;
/// Maps and lists inside one another.
pub const MAX_DEPTH: usize = 32;
/// Values of a file after its aliases are replaced by what they stand for.
pub const MAX_NODES: usize = 50_000;
/// Mistakes reported at once; the rest are counted.
pub const MAX_ERRORS: usize = 100;
/// Services of a file.
pub const MAX_SERVICES: usize = 100;
/// Entries of `command`, and of `args`.
pub const MAX_ARGS: usize = 1_024;
/// Variables of one service.
pub const MAX_ENV: usize = 1_024;
/// Bytes of all variables of one service together.
pub const MAX_ENV_BYTES: usize = 64 * 1024;
/// Bytes of `command` and `args` of one service together.
pub const MAX_ARGS_BYTES: usize = 64 * 1024;
/// Ports of one service, counted once for each `to`.
pub const MAX_EXPOSE: usize = 64;
/// Host names of one port.
pub const MAX_HOSTS: usize = 64;
/// Length of an image reference in bytes.
pub const MAX_IMAGE_BYTES: usize = 512;
/// Length of a mount path in bytes.
pub const MAX_MOUNT_BYTES: usize = 255;
/// Millicores of one replica.
pub const MAX_CPU: u64 = 1_000_000;
/// Graphics processors of one replica.
pub const MAX_GPU: u32 = 1_000;
/// Length of a registry's host, of a user name or of a password in bytes.
pub const MAX_CREDENTIAL_BYTES: usize = 8 * 1024;
/// Connections of a manifest, one that goes both ways counted twice.
pub const MAX_CONNECTIONS: usize = 256;
/// Different contents that a manifest carries.
pub const MAX_CONTENTS: usize = 128;
/// Carried files of one service.
pub const MAX_CARRIED_FILES: usize = 64;
/// Bytes of a carried file. Larger data belongs into an image or a volume.
pub const MAX_CARRIED_FILE_BYTES: u64 = 64 << 20;
/// Bytes of a carried image.
pub const MAX_CARRIED_IMAGE_BYTES: u64 = content::MAX_CONTENT_BYTES;
/// Secrets of one service.
pub const MAX_SECRETS: usize = 32;
/// Length of a secret's name in bytes.
pub const MAX_SECRET_NAME_BYTES: usize = 64;
/// Bytes of memory or of one volume: 8 PiB, up to which every count of bytes is written the same way everywhere.
pub const MAX_SIZE: u64 = 1 << 53;
