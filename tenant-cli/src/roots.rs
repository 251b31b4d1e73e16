//! The certificate roots of a home: the one in use in `roots/ACCOUNT`, where an agent of the same account finds it,
//! and those that it took the place of in `roots/ACCOUNT/retired/FINGERPRINT`.

use std::path::{Path, PathBuf};

use identity::{Root, DEFAULT_ROOT_VALIDITY, ROOT_CERT_FILE, ROOT_KEY_FILE};

use crate::error::{io_error, CliError, Result};
use crate::home::{make_dir, Home};

/// Where the root in use of an account is.
pub fn dir(home: &Home, account: &str) -> PathBuf {
    home.roots_dir().join(account)
}

/// Made and not yet published: takes the place of the one in use once the chain has it.
fn next_dir(home: &Home, account: &str) -> PathBuf {
    dir(home, account).join("next")
}

fn retired_dir(home: &Home, account: &str) -> PathBuf {
    dir(home, account).join("retired")
}

fn load(dir: &Path) -> Result<Option<Root>> {
    if dir.join(ROOT_CERT_FILE).exists() {
        Ok(Some(Root::load(dir)?))
    } else {
        Ok(None)
    }
}

/// The root in use.
pub fn current(home: &Home, account: &str) -> Result<Option<Root>> {
    load(&dir(home, account))
}

/// Roots of an account, the newest first.
pub fn list(home: &Home, account: &str) -> Result<Vec<Root>> {
    let mut dirs = vec![dir(home, account), next_dir(home, account)];
    let retired = retired_dir(home, account);
    match std::fs::read_dir(&retired) {
        Ok(entries) => dirs.extend(entries.filter_map(|entry| Some(entry.ok()?.path()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(io_error("read", &retired, &error)),
    }
    let mut roots = Vec::new();
    for dir in dirs {
        roots.extend(load(&dir)?.filter(|root| root.account() == account));
    }
    roots.sort_by_key(|root| std::cmp::Reverse((root.not_before(), root.fingerprint())));
    Ok(roots)
}

/// Makes a root. The first one is in use at once, a later one when it is [`promote`]d.
pub fn create(home: &Home, account: &str) -> Result<Root> {
    // One that was made for an earlier attempt to publish is as good.
    if let Some(root) = load(&next_dir(home, account))? {
        return Ok(root);
    }
    let root = Root::generate(account, DEFAULT_ROOT_VALIDITY)?;
    let first = current(home, account)?.is_none();
    let dir = if first { dir(home, account) } else { next_dir(home, account) };
    make_dir(&dir)?;
    root.save(&dir)?;
    Ok(root)
}

/// The chain has the new root: it comes into use, and the old one is kept beside it.
pub fn promote(home: &Home, account: &str) -> Result<()> {
    let (current_dir, next) = (dir(home, account), next_dir(home, account));
    if load(&next)?.is_none() {
        return Ok(());
    }
    if let Some(old) = current(home, account)? {
        let place = retired_dir(home, account).join(old.fingerprint().to_hex());
        make_dir(&place)?;
        move_root(&current_dir, &place)?;
    }
    move_root(&next, &current_dir)?;
    std::fs::remove_dir(&next).map_err(|error| io_error("remove", &next, &error))
}

fn move_root(from: &Path, to: &Path) -> Result<()> {
    // The certificate last: without it there is no root, so that a break leaves none that lacks its key.
    for file in [ROOT_KEY_FILE, ROOT_CERT_FILE] {
        std::fs::rename(from.join(file), to.join(file))
            .map_err(|error| io_error("move", &from.join(file), &error))?;
    }
    Ok(())
}

/// The certificate in a file that may be PEM or DER.
pub fn certificate(content: &[u8], named: &str) -> Result<Vec<u8>> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let fail = |why: &str| {
        CliError::bad_input(format!("{named} is not a certificate: {why}"))
            .hint("give one certificate, PEM or DER, such as the agent's root.pem")
    };
    let Ok(text) = std::str::from_utf8(content) else {
        return if content.first() == Some(&0x30) {
            Ok(content.to_vec())
        } else {
            Err(fail("neither PEM nor DER"))
        };
    };
    let mut parts = text.split(BEGIN).skip(1);
    let body = parts.next().ok_or_else(|| fail("neither PEM nor DER"))?;
    if parts.next().is_some() {
        return Err(fail("it holds more than one"));
    }
    let (body, _) = body.split_once(END).ok_or_else(|| fail("its end is missing"))?;
    let body: String = body.split_whitespace().collect();
    cosmwasm_std::Binary::from_base64(&body).map(Into::into).map_err(|error| fail(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "wasm1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu";

    #[test]
    fn a_root_made_is_listed_and_its_certificate_is_read_in_both_forms() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::resolve(Some(dir.path())).unwrap();
        assert!(list(&home, ACCOUNT).unwrap().is_empty());
        let root = create(&home, ACCOUNT).unwrap();
        let listed = list(&home, ACCOUNT).unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(listed[0].fingerprint(), root.fingerprint());
        assert_eq!(current(&home, ACCOUNT).unwrap().unwrap().fingerprint(), root.fingerprint());
        assert_eq!(certificate(root.to_pem().as_bytes(), "f").unwrap(), root.der().as_ref());
        assert_eq!(certificate(root.der().as_ref(), "f").unwrap(), root.der().as_ref());
    }

    #[test]
    fn a_new_root_comes_into_use_when_it_is_promoted_and_the_old_one_stays() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::resolve(Some(dir.path())).unwrap();
        let in_use = || current(&home, ACCOUNT).unwrap().unwrap().fingerprint();
        let first = create(&home, ACCOUNT).unwrap().fingerprint();
        let second = create(&home, ACCOUNT).unwrap().fingerprint();
        assert_eq!(
            create(&home, ACCOUNT).unwrap().fingerprint(),
            second,
            "a repeated attempt makes no third"
        );
        assert_eq!(in_use(), first);
        promote(&home, ACCOUNT).unwrap();
        assert_eq!(in_use(), second);
        assert_eq!(list(&home, ACCOUNT).unwrap().len(), 2);
        promote(&home, ACCOUNT).unwrap();
        assert_eq!(in_use(), second);
    }

    #[test]
    fn what_is_no_certificate_is_refused_with_the_reason() {
        let end = "-----END CERTIFICATE-----";
        let begin = "-----BEGIN CERTIFICATE-----";
        for (content, why) in [
            ("hello".to_owned(), "neither"),
            (begin.to_owned(), "end is missing"),
            (format!("{begin}\n!!\n{end}"), "not a certificate"),
            (format!("{begin}\nAA==\n{end}\n{begin}\nAA==\n{end}"), "more than one"),
        ] {
            assert!(certificate(content.as_bytes(), "f").unwrap_err().message.contains(why), "{content}");
        }
        assert!(certificate(&[0xff, 0xfe], "f").is_err());
    }
}
