// Generated from the JSON Schemas by `npm run generate`. Do not edit.

/** Events of the market contract by name. */
export interface MarketEvents {
  /** A tenant created a deployment. */
  deployment_created: {
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The sender of the message. */
    actor: string;
    /**
     * Of a deployment or a lease, the SHA-256 of the canonical manifest in hex; of a migration, the contract's
     * version.
     */
    version: string;
    /** Versions of the deployment, counted from 1. */
    revision: number;
  };
  /** It has a new version. */
  deployment_updated: {
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The sender of the message. */
    actor: string;
    /**
     * Of a deployment or a lease, the SHA-256 of the canonical manifest in hex; of a migration, the contract's
     * version.
     */
    version: string;
    /** Versions of the deployment, counted from 1. */
    revision: number;
  };
  /** It is being closed; more calls of `close_deployment` are needed. */
  deployment_closing: {
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The sender of the message. */
    actor: string;
    /** Open orders and live leases that the deployment still has. */
    live: number;
  };
  /** It is closed, with everything in it. */
  deployment_closed: {
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The sender of the message. */
    actor: string;
    /** Open orders and live leases that the deployment still has. */
    live: number;
  };
  /** The tenant gave a key rights, or replaced them. */
  delegate_granted: {
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The sender of the message. */
    actor: string;
    /** The key that acts for the tenant. */
    delegate: string;
    /** What the delegate has spent in all. */
    spent: string;
    /** What the event's amounts are in. */
    denom?: string;
    /** What is left of the delegate's budget; in `delegate_revoked`, what went back to the tenant. */
    budget?: string;
    /** When the grant ends. */
    expires_at: number;
  };
  /** The rights ended, by the tenant or with the deployment. */
  delegate_revoked: {
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The sender of the message. */
    actor: string;
    /** The key that acts for the tenant. */
    delegate: string;
    /** What the delegate has spent in all. */
    spent: string;
    /** What the event's amounts are in. */
    denom?: string;
    /** What is left of the delegate's budget; in `delegate_revoked`, what went back to the tenant. */
    budget?: string;
  };
  /** A delegate's budget grew. */
  grant_funded: {
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The sender of the message. */
    actor: string;
    /** The key that acts for the tenant. */
    delegate: string;
    /** What the delegate has spent in all. */
    spent: string;
    /** What the event's amounts are in. */
    denom?: string;
    /** What is left of the delegate's budget; in `delegate_revoked`, what went back to the tenant. */
    budget?: string;
    /** What was moved by this message: put into a lease or a budget, taken from a budget, or paid out. */
    amount: string;
  };
  /** A delegate's order or top-up was paid from its budget. */
  grant_spent: {
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The sender of the message. */
    actor: string;
    /** The key that acts for the tenant. */
    delegate: string;
    /** What the delegate has spent in all. */
    spent: string;
    /** What the event's amounts are in. */
    denom?: string;
    /** What is left of the delegate's budget; in `delegate_revoked`, what went back to the tenant. */
    budget?: string;
    /** What was moved by this message: put into a lease or a budget, taken from a budget, or paid out. */
    amount: string;
  };
  /** An order takes bids, its maximum price locked. */
  order_created: {
    /** The order. */
    order: number;
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The sender of the message. */
    actor: string;
    /** What the event's amounts are in. */
    denom: string;
    /** The group's name in the manifest. */
    group: string;
    /** The most that the term may cost. */
    max_price: string;
    /** What the price pays for. */
    term: number;
    /** From this second on the order takes no bids. */
    open_until: number;
    /** From this second on the order can no longer be matched. */
    match_until: number;
    /** What the order still locks, after the message. */
    locked: string;
  };
  /** The order has a winner, and a pending lease came of it. */
  order_matched: {
    /** The order. */
    order: number;
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The sender of the message. */
    actor: string;
    /** What the event's amounts are in. */
    denom: string;
    /** The lease. */
    lease: number;
    /** The provider's owner address. */
    provider: string;
    /** For one term. */
    price: string;
    /** All that was ever put into the lease and not refunded at its activation. */
    funds: string;
    /** What went back to the tenant by this message. */
    refunded: string;
    /** What the order still locks, after the message. */
    locked: string;
    /** The winner's last second to activate. */
    activate_until: number;
  };
  /** A match passed over as many bids as one call examines; it goes on with the next call. */
  order_match_progressed: {
    /** The order. */
    order: number;
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The sender of the message. */
    actor: string;
    /** What the event's amounts are in. */
    denom: string;
    /** Bids that this call passed over. */
    skipped: number;
    /** Bids in the order's book, after the message. */
    bids: number;
    /** From this second on the order can no longer be matched. */
    match_until: number;
    /** What the order still locks, after the message. */
    locked: string;
  };
  /** Nobody eligible was left, or the match came too late; everything went back. */
  order_expired: {
    /** The order. */
    order: number;
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The sender of the message. */
    actor: string;
    /** What the event's amounts are in. */
    denom: string;
    /**
     * Of a lease, an `EndReason`. Of an order, `tenant_closed`, `deployment_closed`, `no_eligible_bid`,
     * `match_window_over`, or the `EndReason` of the lease after which no bid was left. Of a bid passed over,
     * the `RequirementKind` that its provider does not meet.
     */
    reason: string;
    /** What went back to the tenant by this message. */
    refunded: string;
    /** What the order still locks, after the message. */
    locked: string;
  };
  /** The tenant closed it, alone or with the deployment. */
  order_closed: {
    /** The order. */
    order: number;
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The sender of the message. */
    actor: string;
    /** What the event's amounts are in. */
    denom: string;
    /**
     * Of a lease, an `EndReason`. Of an order, `tenant_closed`, `deployment_closed`, `no_eligible_bid`,
     * `match_window_over`, or the `EndReason` of the lease after which no bid was left. Of a bid passed over,
     * the `RequirementKind` that its provider does not meet.
     */
    reason: string;
    /** What went back to the tenant by this message. */
    refunded: string;
    /** What the order still locks, after the message. */
    locked: string;
  };
  /** A provider bid. */
  bid_placed: {
    /** The order. */
    order: number;
    /** The deployment. */
    deployment: number;
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** What the event's amounts are in. */
    denom: string;
    /** For one term. */
    price: string;
    /** The bid's place in time: lower is earlier. */
    sequence: number;
    /** Locked with the bid. */
    deposit: string;
    /** Bids in the order's book, after the message. */
    bids: number;
  };
  /** A bid is lower, and later in time. */
  bid_lowered: {
    /** The order. */
    order: number;
    /** The deployment. */
    deployment: number;
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** What the event's amounts are in. */
    denom: string;
    /** For one term. */
    price: string;
    /** The bid's price before. */
    old_price: string;
    /** The bid's place in time: lower is earlier. */
    sequence: number;
  };
  /** A bid left the book, its deposit returned. */
  bid_withdrawn: {
    /** The order. */
    order: number;
    /** The deployment. */
    deployment: number;
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** What the event's amounts are in. */
    denom: string;
    /** For one term. */
    price: string;
    /** The deposit that went back to the depositor. */
    returned: string;
    /** Who paid the bid's deposit and got it back. */
    depositor: string;
    /** Bids in the order's book, after the message. */
    bids: number;
  };
  /** A match passed over a bid whose provider is no longer eligible. */
  bid_skipped: {
    /** The order. */
    order: number;
    /** The deployment. */
    deployment: number;
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** What the event's amounts are in. */
    denom: string;
    /** For one term. */
    price: string;
    /**
     * Of a lease, an `EndReason`. Of an order, `tenant_closed`, `deployment_closed`, `no_eligible_bid`,
     * `match_window_over`, or the `EndReason` of the lease after which no bid was left. Of a bid passed over,
     * the `RequirementKind` that its provider does not meet.
     */
    reason: string;
    /** What the requirement asks for. */
    expected: string;
    /** What the provider has instead. */
    found: string;
  };
  /** The deposit of a decided bid went back. */
  bid_deposit_returned: {
    /** The order. */
    order: number;
    /** The deployment. */
    deployment: number;
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** What the event's amounts are in. */
    denom: string;
    /** For one term. */
    price: string;
    /** The deposit that went back to the depositor. */
    returned: string;
    /** Who paid the bid's deposit and got it back. */
    depositor: string;
  };
  /** The winner runs the workload; time is paid from now on. */
  lease_activated: {
    /** The lease. */
    lease: number;
    /** The order. */
    order: number;
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** What the event's amounts are in. */
    denom: string;
    /**
     * Of a deployment or a lease, the SHA-256 of the canonical manifest in hex; of a migration, the contract's
     * version.
     */
    version: string;
    /** All that was ever put into the lease and not refunded at its activation. */
    funds: string;
    /** What went back to the tenant by this message. */
    refunded: string;
    /** When the prepaid time, or the notice, is over. */
    ends_at: number;
  };
  /** Someone paid for more time. */
  lease_topped_up: {
    /** The lease. */
    lease: number;
    /** The order. */
    order: number;
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** What the event's amounts are in. */
    denom: string;
    /** What was moved by this message: put into a lease or a budget, taken from a budget, or paid out. */
    amount: string;
    /** All that was ever put into the lease and not refunded at its activation. */
    funds: string;
    /** What all funds of the lease pay for, from its activation. */
    funded_seconds: number;
  };
  /** The provider will end the lease. */
  lease_notice_given: {
    /** The lease. */
    lease: number;
    /** The order. */
    order: number;
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** What the event's amounts are in. */
    denom: string;
    /** When the prepaid time, or the notice, is over. */
    ends_at: number;
  };
  /** The provider's payout address was paid. */
  lease_withdrawn: {
    /** The lease. */
    lease: number;
    /** The order. */
    order: number;
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** What the event's amounts are in. */
    denom: string;
    /** The provider's payout address, which was paid. */
    payout: string;
    /** What was moved by this message: put into a lease or a budget, taken from a budget, or paid out. */
    amount: string;
    /** What the lease has earned in all, withdrawn or not. */
    earned: string;
    /** What the lease has paid out in all, after the message. */
    withdrawn: string;
  };
  /** The lease ended, for `reason`. */
  lease_ended: {
    /** The lease. */
    lease: number;
    /** The order. */
    order: number;
    /** The deployment. */
    deployment: number;
    /** Whose deployment it is. */
    tenant: string;
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** What the event's amounts are in. */
    denom: string;
    /**
     * Of a lease, an `EndReason`. Of an order, `tenant_closed`, `deployment_closed`, `no_eligible_bid`,
     * `match_window_over`, or the `EndReason` of the lease after which no bid was left. Of a bid passed over,
     * the `RequirementKind` that its provider does not meet.
     */
    reason: string;
    /** When the lease ended, which may be earlier than the block. */
    ended_at: number;
    /** All that was ever put into the lease and not refunded at its activation. */
    funds: string;
    /** What the lease has earned in all, withdrawn or not. */
    earned: string;
    /** What the lease has paid out in all, after the message. */
    withdrawn: string;
    /** Taken from what a broken lease had earned; part of `refunded`. */
    penalty: string;
    /** What went back to the tenant by this message. */
    refunded: string;
    /** What the provider said about it. */
    note?: string;
  };
  /**
   * What failed of a fault's punishment was tried again; `slash_failed` and `jail_failed` follow for what
   * failed again.
   */
  punishment_retried: {
    /** The lease. */
    lease: number;
    /** The provider's owner address. */
    provider: string;
    /** Whether the slash is part of it. */
    slash: boolean;
    /** Whether the jailing is part of it. */
    jail: boolean;
    /** The sender of the message. */
    actor: string;
  };
  /** A fault is on the record, but staking refused the slash, which stays due. */
  slash_failed: {
    /** The lease. */
    lease: number;
    /** The provider's owner address. */
    provider: string;
    /** The other contract's error, shortened. */
    error: string;
    /** The sender of the message. */
    actor: string;
  };
  /** A fault is on the record, but the registry refused the jailing, which stays due. */
  jail_failed: {
    /** The lease. */
    lease: number;
    /** The provider's owner address. */
    provider: string;
    /** The other contract's error, shortened. */
    error: string;
    /** The sender of the message. */
    actor: string;
  };
  /** The owner replaced the parameters. */
  params_updated: {
    /** The sender of the message. */
    actor: string;
  };
  /** The owner offered the contract to an account. */
  ownership_offered: {
    /** The sender of the message. */
    actor: string;
    /** The contract's owner, after the message. */
    owner: string;
    /** The account that is offered the contract. */
    pending_owner?: string;
  };
  /** The owner took the offer back. */
  ownership_offer_withdrawn: {
    /** The sender of the message. */
    actor: string;
    /** The contract's owner, after the message. */
    owner: string;
    /** The account that is offered the contract. */
    pending_owner?: string;
  };
  /** The offered account is the owner. */
  ownership_accepted: {
    /** The sender of the message. */
    actor: string;
    /** The contract's owner, after the message. */
    owner: string;
    /** The account that is offered the contract. */
    pending_owner?: string;
  };
  /** The contract was instantiated. */
  market_instantiated: {
    /** The contract itself. */
    market: string;
    /** The contract's owner, after the message. */
    owner: string;
    /** The registry that the market reads. */
    registry: string;
    /** The staking contract that the market reads and slashes through. */
    staking: string;
  };
  /** The contract runs new code. */
  market_migrated: {
    /**
     * Of a deployment or a lease, the SHA-256 of the canonical manifest in hex; of a migration, the contract's
     * version.
     */
    version: string;
  };
}

/** Events of the staking contract by name. */
export interface StakingEvents {
  /** An account added to its stake. */
  stake_bonded: {
    /** Whose stake it is. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** What was bonded, unbonded, claimed or slashed by this message. */
    amount: string;
    /** The denom of stake. */
    denom: string;
    /** What the account has bonded, after the message; its weight in governance. */
    bonded: string;
    /** What all accounts have bonded, after the message. */
    total_bonded: string;
  };
  /** An account began to take stake out. */
  stake_unbonded: {
    /** Whose stake it is. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** The unbonding. */
    unbonding_id: number;
    /** What was bonded, unbonded, claimed or slashed by this message. */
    amount: string;
    /** The denom of stake. */
    denom: string;
    /** When the unbonding can be claimed. */
    matures_at: number;
    /** What the account has bonded, after the message; its weight in governance. */
    bonded: string;
    /** What all accounts have bonded, after the message. */
    total_bonded: string;
  };
  /** An account took what had matured and what it was owed. */
  stake_claimed: {
    /** Whose stake it is. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** What was bonded, unbonded, claimed or slashed by this message. */
    amount: string;
    /** The denom of stake. */
    denom: string;
    /** The part of a claim that had finished unbonding. */
    matured: string;
    /** The part of a claim that slashes of others owed. */
    compensation: string;
    /** What of the account is unbonding or waits to be claimed, after the message. */
    unbonding: string;
  };
  /** A fault cost stake, or would have if there were any. */
  stake_slashed: {
    /** Whose stake it is. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** What the slash is for: `activation_expired`, `lease_broken` or `governance`. */
    fault: string;
    /** When the fault was committed. */
    fault_at: number;
    /** The fraction that was taken of what is slashable. */
    fraction_bps: number;
    /** What was bonded, unbonded, claimed or slashed by this message. */
    amount: string;
    /** The part that was taken from the bonded stake. */
    from_bonded: string;
    /** The part that was taken from unbondings. */
    from_unbonding: string;
    /** The denom of stake. */
    denom: string;
    /** Where the slashed tokens went: `burn`, `tenant` or `treasury`. */
    destination: string;
    /** What the account has bonded, after the message; its weight in governance. */
    bonded: string;
    /** What of the account is unbonding or waits to be claimed, after the message. */
    unbonding: string;
    /** What all accounts have bonded, after the message. */
    total_bonded: string;
    /** The tenant that the fault harmed. */
    harmed?: string;
    /** Why the stake was slashed. */
    reason?: string;
  };
  /** The owner replaced the parameters. */
  params_updated: {
    /** The sender of the message. */
    actor: string;
    /** The denom of stake. */
    denom: string;
    /** From unbonding to claim. */
    unbonding_seconds: number;
    /** The account that slashes for the treasury go to. */
    treasury: string;
    /** Where slashes for a silent winner go. */
    on_activation_expired: string;
    /** Where slashes for a broken lease go. */
    on_lease_broken: string;
    /** Where slashes by governance go. */
    on_governance: string;
  };
  /** The owner named the market. */
  market_set: {
    /** The sender of the message. */
    actor: string;
    /** The contract that may slash for faults. */
    market: string;
  };
  /** The owner offered the contract to an account. */
  ownership_offered: {
    /** The sender of the message. */
    actor: string;
    /** The contract's owner, after the message. */
    owner: string;
    /** The account that is offered the contract. */
    pending_owner?: string;
  };
  /** The owner took the offer back. */
  ownership_offer_withdrawn: {
    /** The sender of the message. */
    actor: string;
    /** The contract's owner, after the message. */
    owner: string;
    /** The account that is offered the contract. */
    pending_owner?: string;
  };
  /** The offered account is the owner. */
  ownership_accepted: {
    /** The sender of the message. */
    actor: string;
    /** The contract's owner, after the message. */
    owner: string;
    /** The account that is offered the contract. */
    pending_owner?: string;
  };
}

/** Events of the registry contract by name. */
export interface RegistryEvents {
  /** An account became a provider. */
  provider_registered: {
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** Where earnings go. */
    payout: string;
    /** URLs of the provider's gateway. */
    endpoints: string[];
    /** Until when the provider wins no orders; 0 when it never was jailed. */
    jailed_until: number;
    /**
     * Until when the account has a valid root; 0 for none. Told when the account is a provider, whose
     * eligibility it decides.
     */
    root_valid_until: number;
  };
  /** A provider changed its record. */
  provider_updated: {
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** Where earnings go. */
    payout: string;
    /** URLs of the provider's gateway. */
    endpoints: string[];
    /** Until when the provider wins no orders; 0 when it never was jailed. */
    jailed_until: number;
    /**
     * Until when the account has a valid root; 0 for none. Told when the account is a provider, whose
     * eligibility it decides.
     */
    root_valid_until: number;
  };
  /** A provider left. */
  provider_deregistered: {
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
  };
  /** A key may work for the provider. */
  operator_added: {
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** The key that may bid, activate, decline and withdraw. */
    operator: string;
  };
  /** It no longer may. */
  operator_removed: {
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** The key that may bid, activate, decline and withdraw. */
    operator: string;
  };
  /** An account published a certificate root. */
  root_published: {
    /** Whose certificate root it is. */
    account: string;
    /** The sender of the message. */
    actor: string;
    /** SHA-256 of the certificate. */
    fingerprint: string;
    /** SHA-256 of the certificate's public key. */
    key_hash: string;
    /**
     * Until when the account has a valid root; 0 for none. Told when the account is a provider, whose
     * eligibility it decides.
     */
    root_valid_until?: number;
    /** First second of the certificate. */
    not_before: number;
    /** Last second of the certificate. */
    not_after: number;
  };
  /** It revoked one, for good. */
  root_revoked: {
    /** Whose certificate root it is. */
    account: string;
    /** The sender of the message. */
    actor: string;
    /** SHA-256 of the certificate. */
    fingerprint: string;
    /** SHA-256 of the certificate's public key. */
    key_hash: string;
    /**
     * Until when the account has a valid root; 0 for none. Told when the account is a provider, whose
     * eligibility it decides.
     */
    root_valid_until?: number;
  };
  /** An expired or revoked root made room for a new one. */
  root_dropped: {
    /** Whose certificate root it is. */
    account: string;
    /** The sender of the message. */
    actor: string;
    /** SHA-256 of the certificate. */
    fingerprint: string;
    /** SHA-256 of the certificate's public key. */
    key_hash: string;
  };
  /** An auditor vouched for attributes of a provider. */
  attestation_signed: {
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** Who vouches. */
    auditor: string;
    /** Keys of the attributes that the attestation covers. */
    keys: string[];
    /** When the auditor signed. */
    attested_at: number;
  };
  /** It no longer does. */
  attestation_revoked: {
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** Who vouches. */
    auditor: string;
    /** Keys of the attributes that the attestation covers. */
    keys: string[];
  };
  /** The market or the owner jailed a provider. */
  provider_jailed: {
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
    /** Until when the provider wins no orders; 0 when it never was jailed. */
    jailed_until: number;
    /** Why the provider was jailed. */
    reason?: string;
  };
  /** The owner ended a jailing. */
  provider_unjailed: {
    /** The provider's owner address. */
    provider: string;
    /** The sender of the message. */
    actor: string;
  };
  /** The owner named the market. */
  market_set: {
    /** The sender of the message. */
    actor: string;
    /** The contract that may jail and is asked for live leases. */
    market: string;
  };
  /** The owner offered the contract to an account. */
  ownership_offered: {
    /** The sender of the message. */
    actor: string;
    /** The contract's owner, after the message. */
    owner: string;
    /** The account that is offered the contract. */
    pending_owner?: string;
  };
  /** The owner took the offer back. */
  ownership_offer_withdrawn: {
    /** The sender of the message. */
    actor: string;
    /** The contract's owner, after the message. */
    owner: string;
    /** The account that is offered the contract. */
    pending_owner?: string;
  };
  /** The offered account is the owner. */
  ownership_accepted: {
    /** The sender of the message. */
    actor: string;
    /** The contract's owner, after the message. */
    owner: string;
    /** The account that is offered the contract. */
    pending_owner?: string;
  };
}

/** Events of the governance contract by name. */
export interface GovernanceEvents {
  /** A staker put messages to the vote. */
  proposal_created: {
    /** The proposal. */
    proposal: number;
    /** The sender of the message. */
    actor: string;
    /** The proposal's title. */
    title: string;
    /** Messages that the proposal carries. */
    messages: number;
    /** Whether it waits for the upgrade time-lock. */
    upgrade: boolean;
    /** Weights are those at the beginning of this block. */
    start_height: number;
    /** Weight of everyone at `start_height`. */
    total_weight: string;
    /** From this second on no vote is taken. */
    voting_ends_at: number;
    /** From this second on it can be executed, if it passes. */
    executable_at: number;
    /** From this second on it can no longer be executed. */
    expires_at: number;
    /** What a proposal locks. */
    deposit: string;
    /** The denom of stake. */
    denom: string;
  };
  /** A staker voted. */
  proposal_voted: {
    /** The proposal. */
    proposal: number;
    /** The sender of the message. */
    actor: string;
    /** `yes`, `no`, `abstain` or `veto`. */
    vote: string;
    /** Weight of this vote. */
    weight: string;
    /** Weight of the votes for it, after the message. */
    yes: string;
    /** Weight of the votes against, after the message. */
    no: string;
    /** Weight of the votes to abstain, after the message. */
    abstain: string;
    /** Weight of the vetoes, after the message. */
    veto: string;
  };
  /** All its messages took effect. */
  proposal_executed: {
    /** The proposal. */
    proposal: number;
    /** The sender of the message. */
    actor: string;
  };
  /** A message failed, none took effect; it can be tried again until it expires. */
  proposal_failed: {
    /** The proposal. */
    proposal: number;
    /** The sender of the message. */
    actor: string;
    /** Why the execution failed: the chain's text, which many chains shorten to a code. */
    reason: string;
  };
  /** The proposer got its deposit back. */
  deposit_returned: {
    /** The proposal. */
    proposal: number;
    /** The sender of the message. */
    actor: string;
    /** Who proposed it. */
    proposer: string;
    /** The deposit. */
    amount: string;
    /** The denom of stake. */
    denom: string;
    /** Deposits of other proposals that the contract holds, after the message. */
    held: string;
  };
  /** The deposit went to the treasury. */
  deposit_forfeited: {
    /** The proposal. */
    proposal: number;
    /** The sender of the message. */
    actor: string;
    /** Who proposed it. */
    proposer: string;
    /** The deposit. */
    amount: string;
    /** The denom of stake. */
    denom: string;
    /** Deposits of other proposals that the contract holds, after the message. */
    held: string;
  };
  /** Governance accepted a contract that was offered to it. */
  ownership_taken: {
    /** The sender of the message. */
    actor: string;
    /** The contract that governance owns now. */
    contract: string;
  };
  /** A proposal replaced the parameters. */
  params_updated: {
    /** The sender of the message. */
    actor: string;
    /** How long votes are taken. */
    voting_seconds: number;
    /** From the end of the vote to the earliest execution. */
    timelock_seconds: number;
    /** The same for upgrades. */
    upgrade_timelock_seconds: number;
    /** How long it can be executed. */
    execution_seconds: number;
    /** Of all stake, the fraction that has to vote. */
    quorum_bps: number;
    /** Of the votes that do not abstain, the fraction that yes has to exceed. */
    threshold_bps: number;
    /** Of all votes, the fraction of vetoes that stops a proposal. */
    veto_bps: number;
    /** What a proposal locks. */
    deposit: string;
    /** When a deposit is lost: `never`, `vetoed`, `vetoed_or_no_quorum` or `not_passed`. */
    deposit_loss: string;
  };
}

/** Events of all contracts. */
export interface SuiteEvents {
  market: MarketEvents;
  staking: StakingEvents;
  registry: RegistryEvents;
  governance: GovernanceEvents;
}

/** How the text of each attribute is read. */
export const READINGS = {
  market: {
    activate_until: "number",
    actor: "text",
    amount: "text",
    bids: "number",
    budget: "text",
    delegate: "text",
    denom: "text",
    deployment: "number",
    deposit: "text",
    depositor: "text",
    earned: "text",
    ended_at: "number",
    ends_at: "number",
    error: "text",
    expected: "text",
    expires_at: "number",
    found: "text",
    funded_seconds: "number",
    funds: "text",
    group: "text",
    jail: "flag",
    lease: "number",
    live: "number",
    locked: "text",
    market: "text",
    match_until: "number",
    max_price: "text",
    note: "text",
    old_price: "text",
    open_until: "number",
    order: "number",
    owner: "text",
    payout: "text",
    penalty: "text",
    pending_owner: "text",
    price: "text",
    provider: "text",
    reason: "text",
    refunded: "text",
    registry: "text",
    returned: "text",
    revision: "number",
    sequence: "number",
    slash: "flag",
    skipped: "number",
    spent: "text",
    staking: "text",
    tenant: "text",
    term: "number",
    version: "text",
    withdrawn: "text",
  },
  staking: {
    actor: "text",
    amount: "text",
    bonded: "text",
    compensation: "text",
    denom: "text",
    destination: "text",
    fault: "text",
    fault_at: "number",
    fraction_bps: "number",
    from_bonded: "text",
    from_unbonding: "text",
    harmed: "text",
    market: "text",
    matured: "text",
    matures_at: "number",
    on_activation_expired: "text",
    on_governance: "text",
    on_lease_broken: "text",
    owner: "text",
    pending_owner: "text",
    provider: "text",
    reason: "text",
    total_bonded: "text",
    treasury: "text",
    unbonding: "text",
    unbonding_id: "number",
    unbonding_seconds: "number",
  },
  registry: {
    account: "text",
    actor: "text",
    attested_at: "number",
    auditor: "text",
    endpoints: "list",
    fingerprint: "text",
    jailed_until: "number",
    key_hash: "text",
    keys: "list",
    market: "text",
    not_after: "number",
    not_before: "number",
    operator: "text",
    owner: "text",
    payout: "text",
    pending_owner: "text",
    provider: "text",
    reason: "text",
    root_valid_until: "number",
  },
  governance: {
    abstain: "text",
    actor: "text",
    amount: "text",
    contract: "text",
    denom: "text",
    deposit: "text",
    deposit_loss: "text",
    executable_at: "number",
    execution_seconds: "number",
    expires_at: "number",
    held: "text",
    messages: "number",
    no: "text",
    proposal: "number",
    proposer: "text",
    quorum_bps: "number",
    reason: "text",
    start_height: "number",
    threshold_bps: "number",
    timelock_seconds: "number",
    title: "text",
    total_weight: "text",
    upgrade: "flag",
    upgrade_timelock_seconds: "number",
    veto: "text",
    veto_bps: "number",
    vote: "text",
    voting_ends_at: "number",
    voting_seconds: "number",
    weight: "text",
    yes: "text",
  },
} as const;
