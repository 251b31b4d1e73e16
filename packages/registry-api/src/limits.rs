//! Limits of the registry, also answered by `QueryMsg::Limits`.

/// Operator keys of one provider.
pub const MAX_OPERATORS: usize = 5;
/// Gateway endpoints of one provider.
pub const MAX_ENDPOINTS: usize = 5;
/// Length of one endpoint in bytes.
pub const MAX_ENDPOINT_BYTES: usize = 256;
/// Attributes of one provider, of one attestation, and of one order's requirements.
pub const MAX_ATTRIBUTES: usize = 32;
/// Length of an attribute's key in bytes; keys are `[a-z0-9][a-z0-9_/.*-]*`.
pub const MAX_ATTRIBUTE_KEY_BYTES: usize = 64;
/// Length of an attribute's value in bytes.
pub const MAX_ATTRIBUTE_VALUE_BYTES: usize = 128;
/// Length of each field of a provider's contact in bytes.
pub const MAX_CONTACT_BYTES: usize = 256;
/// Roots of one account that are neither revoked nor expired: one in use, and one to rotate to, with a spare.
pub const MAX_ACTIVE_ROOTS: usize = 3;
/// Roots of one account on record, revoked and expired ones included; the oldest expired one makes room, or else the
/// oldest revoked one, whose key stays refused.
pub const MAX_ROOTS: usize = 16;
/// Size of a root certificate in DER bytes.
pub const MAX_ROOT_DER_BYTES: usize = 2048;
/// Longest validity of a root, in seconds (ten years).
pub const MAX_ROOT_VALIDITY_SECONDS: u64 = 10 * 366 * 24 * 3600;
/// The longest jailing in seconds, well above what a fault on the market can cost; a longer ban is decided again.
pub const MAX_JAIL_SECONDS: u64 = 366 * 24 * 3600;
/// Length of a jailing's reason in bytes.
pub const MAX_REASON_BYTES: usize = 256;
