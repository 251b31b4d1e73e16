use cosmwasm_schema::cw_serde;
use cosmwasm_std::{Addr, Api, StdError, Storage};
use thiserror::Error;

use crate::storage::Single;

/// Who owns a contract, and who has been offered it.
#[cw_serde]
pub struct Ownership {
    pub owner: Addr,
    pub pending: Option<Addr>,
}

/// A hand-over takes two steps, so that a mistyped address never locks a contract: the owner offers, the other
/// side accepts.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum OwnershipAction {
    /// By the owner: offers the contract to `new_owner`, replacing an earlier offer.
    Offer { new_owner: String },
    /// By the owner: takes an offer back.
    Withdraw {},
    /// By the offered account: becomes the owner.
    Accept {},
}

/// The hand-over's message as every contract of the suite takes it, for whoever acts on a contract without knowing
/// which one it is.
#[cw_serde]
pub enum OwnershipMsg {
    Ownership(OwnershipAction),
}

#[derive(Error, Debug)]
pub enum OwnershipError {
    #[error(transparent)]
    Std(#[from] StdError),
    #[error("{sender} is not the owner of this contract; the owner is {owner}")]
    NotOwner { sender: Addr, owner: Addr },
    #[error("{sender} was not offered this contract")]
    NotPending { sender: Addr },
}

/// Ownership under one storage key.
pub struct OwnershipStore(Single<Ownership>);

impl OwnershipStore {
    pub const fn new(namespace: &'static str) -> Self {
        Self(Single::new(namespace))
    }

    pub fn initialise(
        &self,
        storage: &mut dyn Storage,
        api: &dyn Api,
        owner: &str,
    ) -> Result<Addr, OwnershipError> {
        let owner = api.addr_validate(owner)?;
        self.0.save(storage, &Ownership { owner: owner.clone(), pending: None })?;
        Ok(owner)
    }

    pub fn load(&self, storage: &dyn Storage) -> Result<Ownership, OwnershipError> {
        Ok(self.0.load(storage)?)
    }

    pub fn ensure_owner(&self, storage: &dyn Storage, sender: &Addr) -> Result<(), OwnershipError> {
        let owner = self.0.load(storage)?.owner;
        if *sender == owner {
            Ok(())
        } else {
            Err(OwnershipError::NotOwner { sender: sender.clone(), owner })
        }
    }

    pub fn apply(
        &self,
        storage: &mut dyn Storage,
        api: &dyn Api,
        sender: &Addr,
        action: OwnershipAction,
    ) -> Result<Ownership, OwnershipError> {
        let mut ownership = self.0.load(storage)?;
        match action {
            OwnershipAction::Offer { new_owner } => {
                self.ensure_owner(storage, sender)?;
                ownership.pending = Some(api.addr_validate(&new_owner)?);
            }
            OwnershipAction::Withdraw {} => {
                self.ensure_owner(storage, sender)?;
                ownership.pending = None;
            }
            OwnershipAction::Accept {} => {
                if ownership.pending.as_ref() != Some(sender) {
                    return Err(OwnershipError::NotPending { sender: sender.clone() });
                }
                ownership = Ownership { owner: sender.clone(), pending: None };
            }
        }
        self.0.save(storage, &ownership)?;
        Ok(ownership)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cosmwasm_std::testing::{MockApi, MockStorage};

    const STORE: OwnershipStore = OwnershipStore::new("ownership");

    #[test]
    fn a_hand_over_needs_the_offer_and_the_acceptance() {
        let (mut storage, api) = (MockStorage::new(), MockApi::default());
        let (old, new, other) = (api.addr_make("old"), api.addr_make("new"), api.addr_make("other"));
        STORE.initialise(&mut storage, &api, old.as_str()).unwrap();
        let offer = |to: &Addr| OwnershipAction::Offer { new_owner: to.to_string() };

        assert!(matches!(
            STORE.apply(&mut storage, &api, &new, offer(&new)),
            Err(OwnershipError::NotOwner { .. })
        ));
        STORE.apply(&mut storage, &api, &old, offer(&new)).unwrap();
        assert!(matches!(
            STORE.apply(&mut storage, &api, &other, OwnershipAction::Accept {}),
            Err(OwnershipError::NotPending { .. })
        ));
        STORE.ensure_owner(&storage, &old).unwrap();
        STORE.apply(&mut storage, &api, &new, OwnershipAction::Accept {}).unwrap();
        STORE.ensure_owner(&storage, &new).unwrap();
        assert!(STORE.ensure_owner(&storage, &old).is_err());
    }

    #[test]
    fn a_withdrawn_offer_cannot_be_accepted() {
        let (mut storage, api) = (MockStorage::new(), MockApi::default());
        let (old, new) = (api.addr_make("old"), api.addr_make("new"));
        STORE.initialise(&mut storage, &api, old.as_str()).unwrap();
        STORE.apply(&mut storage, &api, &old, OwnershipAction::Offer { new_owner: new.to_string() }).unwrap();
        STORE.apply(&mut storage, &api, &old, OwnershipAction::Withdraw {}).unwrap();
        assert!(STORE.apply(&mut storage, &api, &new, OwnershipAction::Accept {}).is_err());
    }

    #[test]
    fn an_address_in_another_case_is_refused() {
        let (mut storage, api) = (MockStorage::new(), MockApi::default());
        let upper = api.addr_make("owner").to_string().to_uppercase();
        assert!(STORE.initialise(&mut storage, &api, &upper).is_err());
    }
}
