use market_api::LeaseId;

/// The protocol that both sides negotiate inside TLS.
pub const ALPN: &[u8] = b"http/1.1";
/// In front of every path; a change that an older client could not read takes a new one.
pub const VERSION_PREFIX: &str = "/v1";
pub const INFO_PATH: &str = "/v1/info";
pub const QUOTE_PATH: &str = "/v1/quote";
/// The largest request body, in bytes. More than a manifest's limit, so that the manifest's own error is heard.
pub const MAX_BODY_BYTES: usize = 256 * 1024;
pub const MANIFEST_CONTENT_TYPE: &str = "application/json";
pub const NDJSON_CONTENT_TYPE: &str = "application/x-ndjson";

/// The path of one of a lease's resources: `manifest`, `content`, `secrets`, `status`, `events`, `trials`, `logs`, `shell` or `metrics`.
pub fn lease_path(lease: LeaseId, resource: &str) -> String {
    format!("{VERSION_PREFIX}/leases/{lease}/{resource}")
}

/// The path of one content that a lease's manifest carries.
pub fn content_path(lease: LeaseId, content: content::ContentId) -> String {
    format!("{}/{content}", lease_path(lease, "content"))
}
