/// Who may send a message. Every contract maps each of its message variants to one of these in an exhaustive
/// `match`, so that a new message does not compile without a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Anyone; the outcome does not depend on who sends it.
    Any,
    /// Anyone, acting on what belongs to the sender alone.
    SelfOnly,
    /// The owner of the thing that the message names; the action checks it.
    ObjectOwner,
    /// The provider that the message names, by its owner key or one of its operator keys.
    ProviderOrOperator,
    /// The contract's owner: the deployer, and governance after the hand-over.
    Owner,
    /// One named contract of the suite.
    Contract(&'static str),
    /// The contract's owner or one named contract of the suite.
    OwnerOrContract(&'static str),
}
