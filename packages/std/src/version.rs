use cosmwasm_std::{StdError, Storage};
use thiserror::Error;

#[derive(Error, Debug)]
pub enum VersionError {
    #[error(transparent)]
    Std(#[from] StdError),
    #[error("this code migrates {expected}, the stored contract is {got}")]
    WrongContract { expected: String, got: String },
    #[error("stored version {stored} is not older than {new}: only an older version migrates")]
    NotOlder { stored: String, new: String },
    #[error("version {0:?} is not three numbers")]
    Unreadable(String),
}

/// Checks that the stored contract is `name` in a version older than `new`, and records `new`. Call it after the
/// state has been migrated, so that the version is written only when everything else succeeded.
pub fn migrate_from_older(storage: &mut dyn Storage, name: &str, new: &str) -> Result<(), VersionError> {
    let stored = cw2::get_contract_version(storage)?;
    if stored.contract != name {
        return Err(VersionError::WrongContract { expected: name.to_owned(), got: stored.contract });
    }
    if numbers(&stored.version)? >= numbers(new)? {
        return Err(VersionError::NotOlder { stored: stored.version, new: new.to_owned() });
    }
    cw2::set_contract_version(storage, name, new)?;
    Ok(())
}

fn numbers(version: &str) -> Result<[u64; 3], VersionError> {
    let unreadable = || VersionError::Unreadable(version.to_owned());
    let parts = version
        .split('.')
        .map(|part| part.parse::<u64>().map_err(|_| unreadable()))
        .collect::<Result<Vec<_>, _>>()?;
    parts.try_into().map_err(|_| unreadable())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::testing::MockStorage;

    fn migrate(stored: (&str, &str), new: (&str, &str)) -> Result<(), VersionError> {
        let mut storage = MockStorage::new();
        cw2::set_contract_version(&mut storage, stored.0, stored.1).unwrap();
        migrate_from_older(&mut storage, new.0, new.1)
    }

    #[test]
    fn only_an_older_version_of_the_same_contract_migrates() {
        assert!(migrate(("market", "0.1.9"), ("market", "0.1.10")).is_ok());
        assert!(matches!(
            migrate(("market", "0.1.0"), ("market", "0.1.0")),
            Err(VersionError::NotOlder { .. })
        ));
        assert!(matches!(
            migrate(("market", "1.0.0"), ("market", "0.9.9")),
            Err(VersionError::NotOlder { .. })
        ));
        assert!(matches!(
            migrate(("other", "0.0.1"), ("market", "1.0.0")),
            Err(VersionError::WrongContract { .. })
        ));
        assert!(matches!(migrate(("market", "1.0"), ("market", "1.0.0")), Err(VersionError::Unreadable(_))));
    }
}
