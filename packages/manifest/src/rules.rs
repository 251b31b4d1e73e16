//! The rules for single values, shared by the reader of SDL files and the reader of canonical manifests, so that a
//! provider never runs what a tenant's own client would have refused.

use market_api::limits::MAX_NAME_BYTES;
use registry_api::limits::{MAX_ATTRIBUTE_KEY_BYTES, MAX_ATTRIBUTE_VALUE_BYTES};

use crate::limits::{MAX_CREDENTIAL_BYTES, MAX_IMAGE_BYTES, MAX_MOUNT_BYTES};

/// What is wrong with a value and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub message: String,
    pub accepted: &'static str,
}

fn problem(message: impl Into<String>, accepted: &'static str) -> Result<(), Problem> {
    Err(Problem { message: message.into(), accepted })
}

/// A value as messages show it: short, and without characters that could disturb a terminal.
pub(crate) fn shown(value: &str) -> String {
    const LONGEST: usize = 60;
    let mut text: String = value.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if value.chars().nth(LONGEST).is_some() {
        text.push_str("...");
    }
    format!("`{text}`")
}

pub(crate) fn name(value: &str) -> Result<(), Problem> {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = value.as_bytes();
    let good = bytes.len() <= MAX_NAME_BYTES
        && bytes.iter().all(|byte| alphanumeric(*byte) || *byte == b'-')
        && bytes.first().is_some_and(|byte| alphanumeric(*byte))
        && bytes.last().is_some_and(|byte| alphanumeric(*byte));
    if good {
        return Ok(());
    }
    problem(
        format!("{} is not a name", shown(value)),
        "1 to 63 of a-z, 0-9 and -, beginning and ending with a letter or digit",
    )
}

pub(crate) fn no_nul(value: &str) -> Result<(), Problem> {
    if value.contains('\0') {
        return problem(format!("{} contains a NUL character", shown(value)), "text without NUL");
    }
    Ok(())
}

/// The name of a variable: what stands before the first `=`.
pub(crate) fn env_key(entry: &str) -> &str {
    entry.split_once('=').map_or(entry, |(key, _)| key)
}

pub(crate) fn env(entry: &str) -> Result<(), Problem> {
    no_nul(entry)?;
    let key = env_key(entry);
    let first = key.bytes().next();
    if first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
    {
        return Ok(());
    }
    problem(
        format!("{} is not the name of a variable", shown(key)),
        "NAME=value, the name of letters, digits, _, . and -, beginning with a letter or _",
    )
}

/// An image reference: `[registry[:port]/]name[/name][:tag][@sha256:digest]`.
pub(crate) fn image(value: &str) -> Result<(), Problem> {
    const ACCEPTED: &str =
        "[registry[:port]/]name[:tag][@sha256:digest] in lower case, such as nginx:1.27 or images.example.org/org/app:v2";
    let bad = |why: &str| problem(format!("{} is not an image reference: {why}", shown(value)), ACCEPTED);
    if value.is_empty() {
        return bad("it is empty");
    }
    if value.len() > MAX_IMAGE_BYTES {
        return bad("it is longer than 512 bytes");
    }
    if value.contains("://") {
        return bad("it has a scheme");
    }
    let (rest, digest) = match value.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (value, None),
    };
    if let Some(digest) = digest {
        let hex = digest.strip_prefix("sha256:").unwrap_or("");
        if hex.len() != 64 || !hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return bad("what follows @ is not sha256: and 64 lower-case hexadecimal digits");
        }
    }
    // A colon after the last slash begins the tag; one before it belongs to the registry's port.
    let (path, tag) = match rest.rfind(':') {
        Some(colon) if !rest[colon..].contains('/') => (&rest[..colon], Some(&rest[colon + 1..])),
        _ => (rest, None),
    };
    if let Some(tag) = tag {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let good = tag.len() <= 128
            && tag.bytes().next().is_some_and(word)
            && tag.bytes().all(|byte| word(byte) || byte == b'.' || byte == b'-');
        if !good {
            return bad("the tag is not 1 to 128 letters, digits, _, . and -");
        }
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    let first = parts[0];
    let is_registry = parts.len() > 1
        && (first.contains(['.', ':'])
            || first == "localhost"
            || first.bytes().any(|byte| byte.is_ascii_uppercase()));
    if is_registry {
        let (host, port) = first.split_once(':').map_or((first, None), |(host, port)| (host, Some(port)));
        if !is_host(host) {
            return bad("the registry is not a host name");
        }
        if port.is_some_and(|port| !matches!(port.parse::<u16>(), Ok(1..))) {
            return bad("the registry's port is not a number from 1 to 65535");
        }
        parts.remove(0);
    }
    if parts.iter().all(|part| is_image_name(part)) {
        return Ok(());
    }
    bad("a part of the name is empty, in upper case or has characters other than a-z, 0-9, ., _ and -")
}

fn is_image_name(part: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = part.as_bytes();
    bytes.first().is_some_and(|byte| alphanumeric(*byte))
        && bytes.last().is_some_and(|byte| alphanumeric(*byte))
        && bytes.iter().all(|byte| alphanumeric(*byte) || matches!(byte, b'.' | b'_' | b'-'))
        && !part.contains("..")
}

fn is_host(value: &str) -> bool {
    !value.is_empty()
        && value.len() <= 253
        && value.split('.').all(|label| {
            let bytes = label.as_bytes();
            (1..=63).contains(&bytes.len())
                && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
                && bytes.first() != Some(&b'-')
                && bytes.last() != Some(&b'-')
        })
}

/// A host name that a provider accepts HTTP requests for.
pub(crate) fn host(value: &str) -> Result<(), Problem> {
    if is_host(value) {
        return Ok(());
    }
    problem(
        format!("{} is not a host name", shown(value)),
        "a DNS name such as www.example.com, without scheme, port or path",
    )
}

/// A path inside the container.
pub(crate) fn mount(value: &str) -> Result<(), Problem> {
    const ACCEPTED: &str =
        "an absolute path inside the container such as /data, other than /, /proc, /sys and /dev";
    let bad = |why: &str| problem(format!("{} is not a mount path: {why}", shown(value)), ACCEPTED);
    if !value.starts_with('/') {
        return bad("it does not begin with /");
    }
    if value.len() > MAX_MOUNT_BYTES {
        return bad("it is longer than 255 bytes");
    }
    if value.chars().any(|c| c.is_control() || matches!(c, ':' | ',' | '\\')) {
        return bad("it contains a control character, a colon, a comma or a backslash");
    }
    let parts: Vec<&str> = value.split('/').filter(|part| !part.is_empty()).collect();
    if parts.iter().any(|part| *part == "." || *part == "..") {
        return bad("it contains . or ..");
    }
    match parts.as_slice() {
        [] => bad("it is the root of the container"),
        ["proc" | "sys", ..] | ["dev"] => bad("it hides what the kernel shows there"),
        ["dev", rest, ..] if *rest != "shm" => bad("it hides what the kernel shows there"),
        _ => Ok(()),
    }
}

/// The name of a leased address.
pub(crate) fn endpoint_name(value: &str) -> Result<(), Problem> {
    let letters = value.bytes().take_while(u8::is_ascii_lowercase).count();
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    if letters > 0 && (2..=MAX_NAME_BYTES).contains(&value.len()) && value.bytes().all(inner) {
        return Ok(());
    }
    problem(
        format!("{} is not the name of an address", shown(value)),
        "2 to 63 of a-z, 0-9, - and _, beginning with a letter",
    )
}

/// Characters that credentials have at least.
pub(crate) const MIN_CREDENTIAL: usize = 1;
pub(crate) const MIN_EMAIL: usize = 5;
pub(crate) const MIN_PASSWORD: usize = 6;

/// One part of the credentials for a registry. The value is never shown: it may be secret.
pub(crate) fn credential(what: &str, value: &str, least: usize) -> Result<(), Problem> {
    const ACCEPTED: &str =
        "text without control characters, up to 8192 bytes: host and username from 1 character, email from 5, password from 6";
    let bad = |why: &str| problem(format!("the {what} {why}"), ACCEPTED);
    if value.chars().count() < least {
        return bad("is too short");
    }
    if value.len() > MAX_CREDENTIAL_BYTES {
        return bad("is too long");
    }
    if value.chars().any(char::is_control) {
        return bad("contains a control character");
    }
    Ok(())
}

/// Entries of a list of permissions, of which there are two kinds.
pub(crate) const MAX_PERMISSIONS: usize = 16;

/// The key of an attribute, as the chain takes it.
pub(crate) fn attribute_key(value: &str) -> Result<(), Problem> {
    let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if value.len() <= MAX_ATTRIBUTE_KEY_BYTES
        && value.bytes().next().is_some_and(letter)
        && value.bytes().all(|byte| letter(byte) || b"_/.*-".contains(&byte))
    {
        return Ok(());
    }
    problem(
        format!("{} is not an attribute", shown(value)),
        "1 to 64 of a-z, 0-9, _, /, ., * and -, beginning with a letter or digit",
    )
}

/// The value of an attribute, as the chain takes it.
pub(crate) fn attribute_value(value: &str) -> Result<(), Problem> {
    const ACCEPTED: &str = "1 to 128 bytes without control characters and without space around them";
    if !(1..=MAX_ATTRIBUTE_VALUE_BYTES).contains(&value.len()) {
        return problem(format!("a value of {} bytes", value.len()), ACCEPTED);
    }
    if value.chars().any(char::is_control) || value.trim() != value {
        return problem(format!("{} is not a value", shown(value)), ACCEPTED);
    }
    Ok(())
}

/// What a gpu must be, as one key such as `vendor/nvidia/model/a100/ram/80Gi`. Orders have it in lower case.
pub(crate) fn gpu_attribute(key: &str) -> Result<(), Problem> {
    if key.starts_with("vendor/") && attribute_key(&key.to_ascii_lowercase()).is_ok() {
        return Ok(());
    }
    problem(
        format!("{} is not what a gpu can be", shown(key)),
        "a model, ram and interface of letters, digits, _, ., * and -, together up to 64 bytes with their names",
    )
}

/// The canonical spelling of a mount path, to tell whether two are the same.
pub(crate) fn mount_key(value: &str) -> String {
    value.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

pub(crate) const NEXT_CASES: [&str; 10] =
    ["error", "timeout", "500", "502", "503", "504", "403", "404", "429", "off"];
/// Bytes.
pub(crate) const MAX_BODY_SIZE: u64 = 104_857_600;
/// Milliseconds.
pub(crate) const MAX_TIMEOUT: u64 = 60_000;
/// Of `next_tries` and, in milliseconds, of `next_timeout`.
pub(crate) const MAX_NEXT: u64 = u32::MAX as u64;
pub(crate) const MAX_NEXT_CASES: usize = 16;
