use cloud_std::{OwnershipAction, Page};
use cosmwasm_schema::{cw_serde, QueryResponses};
use cosmwasm_std::{Addr, Binary, HexBinary};

use crate::types::{Attestation, AttestedProvider, Attribute, Config, Contact, Limits, Provider, Root};

#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct InstantiateMsg {
    /// The account that wires and administers the contract; governance after the hand-over.
    pub owner: String,
}

/// No message of this contract takes funds.
#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub enum ExecuteMsg {
    /// By anyone: registers the sender as a provider. Event `provider_registered`.
    Register {
        /// Where earnings go; the sender when absent.
        payout: Option<String>,
        endpoints: Vec<String>,
        attributes: Vec<Attribute>,
        contact: Option<Contact>,
    },
    /// By a provider's owner: changes what is given and keeps the rest. Event `provider_updated`.
    Update {
        payout: Option<String>,
        endpoints: Option<Vec<String>>,
        attributes: Option<Vec<Attribute>>,
        contact: Option<Contact>,
    },
    /// By a provider's owner: leaves the market. Refused while the market counts live leases of it. Stake unbonds
    /// as usual. Event `provider_deregistered`.
    Deregister {},
    /// By a provider's owner: lets `operator` bid, activate, decline and withdraw. Event `operator_added`.
    AddOperator { operator: String },
    /// By a provider's owner, effective at once. Event `operator_removed`.
    RemoveOperator { operator: String },
    /// By any account, for itself: publishes a root. The certificate must be a current, self-signed CA certificate
    /// with a valid P-256 or Ed25519 signature whose subject common name is the sender's address. Earlier roots
    /// stay valid until they expire or are revoked. Event `root_published`.
    PublishRoot { der: Binary },
    /// By the root's account: final and immediate. Event `root_revoked`.
    RevokeRoot { fingerprint: HexBinary },
    /// By any account, as an auditor: vouches for these attributes of a provider, each of which the provider must say
    /// of itself now. Replaces what the sender vouched for before. An attestation covers key and value: once the
    /// provider changes a value, or registers anew, it counts no longer. Event `attestation_signed`.
    Attest { provider: String, attributes: Vec<Attribute> },
    /// By the auditor, effective at once, whatever became of the provider. Event `attestation_revoked`.
    RevokeAttestation { provider: String },
    /// By the market or the contract's owner: the provider wins no orders for this many seconds from now, at most
    /// `MAX_JAIL_SECONDS`. A longer jailing that already runs is kept. Event `provider_jailed`.
    Jail { provider: String, seconds: u64, reason: String },
    /// By the contract's owner. Event `provider_unjailed`.
    Unjail { provider: String },
    /// By the contract's owner: names the market. Event `market_set`.
    SetMarket { market: String },
    /// Two-step hand-over. Events `ownership_offered`, `ownership_offer_withdrawn`, `ownership_accepted`.
    Ownership(OwnershipAction),
}

#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
#[derive(QueryResponses)]
pub enum QueryMsg {
    #[returns(Config)]
    Config {},
    #[returns(Limits)]
    Limits {},
    /// Fails when the account is not a provider.
    #[returns(Provider)]
    Provider { provider: String },
    /// A provider together with what auditors vouch for, by auditor address; the cursor is an auditor's address.
    /// Fails when the account is not a provider.
    #[returns(AttestedProvider)]
    AttestedProvider { provider: String, start_after: Option<String>, limit: Option<u32> },
    /// What an auditor vouches for, by the providers' owner addresses; the cursor is an owner address.
    #[returns(Page<Attestation, Addr>)]
    AttestationsOfAuditor { auditor: String, start_after: Option<String>, limit: Option<u32> },
    /// By owner address, ascending; the cursor is an owner address.
    #[returns(Page<Provider, Addr>)]
    Providers { start_after: Option<String>, limit: Option<u32> },
    /// The provider that an operator key works for; absent when it works for none. A key works for one provider.
    #[returns(Option<Addr>)]
    ProviderOfOperator { operator: String },
    /// Roots of an account in all states, by fingerprint; the cursor is a fingerprint.
    #[returns(Page<Root, HexBinary>)]
    Roots { account: String, start_after: Option<HexBinary>, limit: Option<u32> },
    /// Fails when the account has no such root.
    #[returns(Root)]
    Root { account: String, fingerprint: HexBinary },
}

#[cw_serde]
#[serde(deny_unknown_fields)]
#[schemaifier(mute_warnings)]
pub struct MigrateMsg {}
