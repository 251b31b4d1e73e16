//! Governance takes over: it becomes the owner and the chain-level admin of every contract, and its own admin.

use chain_client::{Msg, TxError};
use cloud_std::{OwnershipAction, OwnershipMsg};
use governance_api::ExecuteMsg;

/// The step's name.
pub const STEP: &str = "hand over";

/// A contract that the deploying account still owns.
pub struct Owned<'a> {
    pub address: &'a str,
    /// Whether it is on offer to governance already.
    pub offered: bool,
}

/// The messages of one transaction, so that the suite is never handed over by half: for each contract the offer and
/// its acceptance, which anyone may trigger, then the admins of all, governance last.
pub fn messages(governance: &str, owned: &[Owned], all: &[&str]) -> Result<Vec<Msg>, TxError> {
    let mut msgs = Vec::new();
    for contract in owned {
        if !contract.offered {
            let offer = OwnershipAction::Offer { new_owner: governance.to_owned() };
            msgs.push(Msg::execute(contract.address, &OwnershipMsg::Ownership(offer), vec![])?);
        }
        let accept = ExecuteMsg::AcceptOwnership { contract: contract.address.to_owned() };
        msgs.push(Msg::execute(governance, &accept, vec![])?);
    }
    for contract in all.iter().copied().filter(|contract| *contract != governance).chain([governance]) {
        msgs.push(Msg::UpdateAdmin { contract: contract.to_owned(), new_admin: governance.to_owned() });
    }
    Ok(msgs)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages in short: who is called with what, and whose admin changes.
    fn told(msgs: &[Msg]) -> Vec<String> {
        let told = |msg: &Msg| match msg {
            Msg::Execute { contract, msg, funds } => {
                assert!(funds.is_empty());
                format!("{contract} {}", String::from_utf8_lossy(msg))
            }
            Msg::UpdateAdmin { contract, new_admin } => format!("{contract} admin {new_admin}"),
            other => panic!("{other:?} has no part in a hand-over"),
        };
        msgs.iter().map(told).collect()
    }

    #[test]
    fn each_contract_is_offered_accepted_and_given_a_new_admin_and_governance_comes_last() {
        let owned = [Owned { address: "a", offered: false }, Owned { address: "b", offered: true }];
        let msgs = messages("gov", &owned, &["gov", "a", "b"]).unwrap();
        assert_eq!(
            told(&msgs),
            [
                r#"a {"ownership":{"offer":{"new_owner":"gov"}}}"#,
                r#"gov {"accept_ownership":{"contract":"a"}}"#,
                r#"gov {"accept_ownership":{"contract":"b"}}"#,
                "a admin gov",
                "b admin gov",
                "gov admin gov",
            ]
        );
    }
}
