// Generated from the JSON Schemas by `npm run generate`. Do not edit.

import type { Funds, OneOf, Outcome, Page, Sender, Source } from "../contract.js";
import { each } from "../paging.js";
import type { Addr, Attribute, HexBinary, Money, OwnershipAction, Uint128 } from "./common.js";

/** Version of the contract that these types are of. */
export const VERSION = "0.2.0";

export interface Bid {
  /** What was locked with the bid, in the order's denom; zero once it was taken back. */
  deposit: Uint128;
  /** Who paid the deposit and gets it back. */
  depositor: Addr;
  order: number;
  /** Seconds since the epoch. */
  placed_at: number;
  /** Total for the term, in the order's denom. */
  price: Uint128;
  provider: Addr;
  /** The place in time at this price: lower was placed earlier. Lowering a price takes a new place. */
  sequence: number;
  state: BidState;
}

/** Where a bid stands at the time of the block that answers. */
export type BidState =
  /** In the book. */
  | "open"
  /** A lease came of it. */
  | "won"
  /** The order went to another, expired or was closed. */
  | "lost"
  /** Passed over at a match because its provider was no longer eligible. */
  | "skipped";

/** A cursor of an order's book. */
export interface BookCursor {
  price: Uint128;
  sequence: number;
}

export interface Config {
  owner: Addr;
  params: Params;
  pending_owner?: Addr | null;
  registry: Addr;
  staking: Addr;
}

/** What a delegate does for its tenant. */
export type DelegateAction =
  /** The sum of the orders' maximum prices leaves the budget; what is returned later goes to the tenant. */
  | {
    open_orders: {
      orders: OrderSpec[];
    };
  }
  /** Any lease of the deployment. */
  | {
    close_lease: {
      lease: number;
    };
  }
  /** Any lease of the deployment, from the budget. */
  | {
    top_up: {
      amount: Uint128;
      lease: number;
    };
  }
  | {
    set_version: {
      version: HexBinary;
    };
  };

export interface DenomParams {
  /** Locked with each bid on an order in this denom; 0 for none. */
  bid_deposit: Uint128;
  denom: string;
  /** The least maximum price of an order, which keeps dust out. */
  min_order_price: Uint128;
}

/**
 * One denom's side of conservation: `balance = locked_in_orders + bid_deposits + live_leases + earned + grants
 * + unaccounted`.
 */
export interface DenomTotals {
  /** What the bank module says the contract holds. */
  balance: Uint128;
  bid_deposits: Uint128;
  denom: string;
  /** In leases that have ended: earned and not withdrawn. */
  earned: Uint128;
  /** Budgets of delegates that are not spent. */
  grants: Uint128;
  /** In leases that have not ended: unspent, and earned by the second and not withdrawn. */
  live_leases: Uint128;
  locked_in_orders: Uint128;
  /** What the contract owes beyond its balance; zero always. */
  missing: Uint128;
  /** Sent to the contract without a message; belongs to nobody. Negative would be a loss: see `missing`. */
  unaccounted: Uint128;
}

export interface Deployment {
  /** Seconds since the epoch. */
  created_at: number;
  id: number;
  /** Orders that are neither matched nor ended, plus leases that have not ended. */
  live: number;
  /** Counts the versions from 1. */
  revision: number;
  state: DeploymentState;
  tenant: Addr;
  /** Seconds since the epoch. */
  updated_at: number;
  /** SHA-256 of the canonical manifest, 32 bytes. */
  version: HexBinary;
}

export type DeploymentState =
  | "active" | "closed"
  /** Being closed step by step: no new orders, no top-ups. */
  | "closing";

export interface Eligibility {
  checks: RequirementCheck[];
  eligible: boolean;
  provider: Addr;
}

export type EligibilitySubject =
  | {
    order: {
      order: number;
    };
  }
  | {
    requirements: {
      requirements: Requirements;
    };
  };

/** Why a lease ended. */
export type EndReason =
  /** The tenant closed it before it was activated. */
  | "tenant_cancelled"
  /** The tenant closed it. */
  | "tenant_closed"
  /** Its prepaid time ran out. */
  | "funds_exhausted"
  /** The provider gave notice and the notice window is over. */
  | "provider_notice"
  /** The provider broke it: a fault. */
  | "provider_broke"
  /** The winner declined to activate. */
  | "declined"
  /** The winner let the activation window pass: a fault. */
  | "activation_expired";

/** Graphics processors of one replica. */
export interface Gpu {
  /** Such as `vendor/nvidia/model/a100` = `true`. */
  attributes: Attribute[];
  units: number;
}

/** A delegate's rights and its budget. */
export interface Grant {
  /** What is left of the budget, held by the market; absent when it was never funded. */
  budget?: Money | null;
  delegate: Addr;
  deployment: number;
  /** Seconds since the epoch. */
  granted_at: number;
  rights: Rights;
  /** What left the budget into orders and leases, ever, in its denom. */
  spent: Uint128;
}

/** Workloads that are placed together at one provider. */
export interface Group {
  /** The name that the manifest gives the group. */
  name: string;
  requirements: Requirements;
  resources: Resources[];
}

export interface Invariants {
  denoms: DenomTotals[];
  holds: boolean;
}

export interface Lease {
  /** Seconds since the epoch; the winner may activate up to and including this second. */
  activate_until: number;
  deployment: number;
  /** `floor(price x served / term)`, at the time of the block that answers; less a penalty once it ended. */
  earned: Uint128;
  end_reason?: EndReason | null;
  /**
   * Seconds since the epoch: when the lease ends by its funds or by notice if nobody acts; `activate_until`
   * while pending; the time it ended once it has.
   */
  ends_at: number;
  /** Seconds from `started_at` that `funds` pay for: `floor(funds x term / price)`. */
  funded_seconds: number;
  /** All that was ever put into the lease, in the denom of `price`. */
  funds: Uint128;
  group: string;
  id: number;
  /** Seconds since the epoch. */
  matched_at: number;
  /** The deployment's version at the match; the winner may activate with this one or the current one. */
  matched_version: HexBinary;
  /** Seconds since the epoch; when the provider's notice ends the lease. */
  notice_until?: number | null;
  order: number;
  phase: LeasePhase;
  /** The agreed rate: `price` for `term` seconds. */
  price: Money;
  provider: Addr;
  /** Returned to the tenant at the end. */
  refunded: Uint128;
  /** Seconds since the epoch. */
  started_at?: number | null;
  state: LeaseState;
  tenant: Addr;
  /** Seconds. */
  term: number;
  /** Paid out to the provider so far. */
  withdrawn: Uint128;
}

/** Leases that ended for one reason. */
export interface LeaseEnds {
  leases: number;
  reason: EndReason;
}

/** Which leases to list. All lists ascend by id; the cursor is a lease id. */
export type LeaseFilter =
  | {
    state: {
      state: LeaseState;
    };
  }
  | {
    tenant: {
      tenant: string;
    };
  }
  | {
    provider: {
      provider: string;
    };
  }
  /** Those of a provider that are pending or active. */
  | {
    live_of_provider: {
      provider: string;
    };
  }
  | {
    deployment: {
      deployment: number;
    };
  };

/** Where a lease stands at the time of the block that answers: what anyone may do with it now. */
export type LeasePhase =
  | "ended"
  /** Waits for the winner to activate. */
  | "pending"
  /** The winner is late: anyone may expire it. */
  | "overdue"
  /** Running and paid. */
  | "active"
  /** Its time is over: anyone may settle it. */
  | "due";

export type LeaseState =
  | "ended"
  /** Matched; the winner has until `activate_until`. */
  | "pending"
  /** Time is being paid. */
  | "active";

export interface Limits {
  default_page_limit: number;
  max_amount: Uint128;
  max_attributes: number;
  max_auditors: number;
  max_close_steps: number;
  max_count: number;
  max_funded_seconds: number;
  max_granted_groups: number;
  max_grants_per_deployment: number;
  max_live_per_deployment: number;
  max_match_steps: number;
  max_name_bytes: number;
  max_orders_per_message: number;
  max_page_limit: number;
  max_reason_bytes: number;
  max_resources_per_group: number;
  max_volumes: number;
}

export interface Order {
  /** Bids in the book. */
  bids: number;
  /** Seconds since the epoch. */
  created_at: number;
  deployment: number;
  id: number;
  /** The lease of the latest match. */
  lease?: number | null;
  /** Money of `spec.max_price` that the order still locks. */
  locked: Money;
  /** Seconds since the epoch; a match is possible before this second. */
  match_until: number;
  /** Seconds since the epoch; bids are accepted before this second. */
  open_until: number;
  phase: OrderPhase;
  spec: OrderSpec;
  state: OrderState;
  tenant: Addr;
}

/** Which orders to list. All lists ascend by id; the cursor is an order id. */
export type OrderFilter =
  | {
    state: {
      state: OrderState;
    };
  }
  | {
    tenant: {
      tenant: string;
    };
  }
  | {
    deployment: {
      deployment: number;
    };
  };

/** Where an order stands at the time of the block that answers: what anyone may do with it now. */
export type OrderPhase =
  | "matched" | "expired" | "closed"
  /** Bids are accepted. */
  | "bidding"
  /** Bidding is over; anyone may match it. */
  | "matching"
  /** Too late to match; anyone may match it to expire it. */
  | "lapsed";

/** One group, for sale. */
export interface OrderSpec {
  /** Seconds that the order takes bids, from the block that creates it. */
  bid_window: number;
  /**
   * Match the next eligible bid when a winner declines or stays silent. The surplus over the winning price then
   * stays locked until a winner activates, because the next bid may cost more.
   */
  fallback: boolean;
  group: Group;
  /** The most that the whole term may cost; locked from the funds sent. */
  max_price: Money;
  /** Seconds that the price pays for. */
  term: number;
}

/** Where an order stands on the record. */
export type OrderState =
  /** Takes bids until `open_until`, then waits for its match. */
  | "open"
  /** A lease came of it that is pending, active or ended; with fall-back it may return to `Open`. */
  | "matched"
  /** Nobody eligible was left, or nobody matched it in time: everything locked went back. */
  | "expired"
  /** Closed by its tenant. */
  | "closed";

/** A change takes effect for orders and matches after it; live leases keep their terms. */
export interface Params {
  /** Seconds between match and the last chance to activate. */
  activation_window: number;
  /** Of the price of a broken lease, returned to the tenant from what the provider has not withdrawn. */
  break_penalty: number;
  /** Of the stake of a provider that broke a lease. */
  break_slash: number;
  denoms: DenomParams[];
  /** Seconds that a silent winner wins no orders; 0 for none. */
  expiry_jail: number;
  /** Of the stake of a winner that stayed silent. */
  expiry_slash: number;
  /** Seconds after the end of bidding in which an order can be matched; then its bids bind nobody. */
  match_window: number;
  max_bid_window: number;
  max_term: number;
  min_bid_window: number;
  min_term: number;
  /** Seconds between a provider's notice and the end of the lease. */
  notice_window: number;
}

export interface ProviderRecord {
  /**
   * By denom, counted when money of a lease moves; at most as many denoms as the market ever accepted, cut at
   * the largest page.
   */
  earned: Money[];
  provider: Addr;
  record: Record;
}

/** What of a fault's punishment failed and can be tried again. */
export interface PunishmentDue {
  jail: boolean;
  lease: number;
  provider: Addr;
  slash: boolean;
}

/** What a provider did in this market, kept as it happens. */
export interface Record {
  /** Tenants that had a lease activated. */
  distinct_tenants: number;
  leases_activated: number;
  leases_broken: number;
  /** Ended after activation and not by the provider's fault. */
  leases_completed: number;
  leases_declined: number;
  /** Silent past the activation window. */
  leases_expired: number;
  /** Pending and active ones. */
  leases_live: number;
  leases_won: number;
  /** Seconds, counted when money of a lease moves. */
  seconds_served: number;
}

/** A provider's reputation and what it is made of; see `docs/reputation.md`. */
export interface Reputation {
  provider: Addr;
  /** How good the service on record is, whatever the stake. */
  quality: number;
  /** `floor(quality x stake / total_stake)`. */
  reputation: number;
  /** Bonded, in the base denom of staking. */
  stake: Uint128;
  /** Bonded by everyone. */
  total_stake: Uint128;
}

/** One requirement of an order held against one provider. */
export interface RequirementCheck {
  /** What was expected. */
  expected: string;
  /** What was found. */
  found: string;
  met: boolean;
  requirement: RequirementKind;
}

export type RequirementKind =
  | "registered" | "not_jailed" | "valid_root" | "attribute" | "signed_by_any_of" | "min_stake" | "min_reputation"
  /** Every fault was punished as its lease's terms say. */
  | "no_punishment_due"
  /** One for each auditor of `all_of`. */
  | "signed_by_all_of";

/** What a provider must be to bid, and again to win. More kinds join these as fields. */
export interface Requirements {
  /**
   * All of them: values alike, keys alike or within the wildcard `*` at a wished key's end, which stands for
   * anything but `/`.
   */
  attributes: Attribute[];
  /** Basis points; see `docs/reputation.md`. */
  min_reputation?: number;
  /** Bonded stake in the base denom of staking. */
  min_stake: Uint128;
  signed_by?: SignedBy;
}

/** What one replica of a service needs, and how many replicas. */
export interface Resources {
  /** Bytes per second in and out; 0 when nothing is asked. */
  bandwidth: number;
  count: number;
  /** Millicores: 1000 is one core. */
  cpu: number;
  /** Ports that the provider publishes for each replica. */
  endpoints: number;
  gpu?: Gpu | null;
  /** Bytes. */
  memory: number;
  storage: Volume[];
}

/** What a delegate may do on its deployment, and how far. */
export interface Rights {
  /**
   * For each key here, its orders must ask for that key with one of the values given here for it: several
   * regions are the key `region` several times. No key restricts nothing.
   */
  allowed_attributes?: Attribute[];
  close_leases?: boolean;
  /** Seconds since the epoch; from this second on it may do nothing. */
  expires_at: number;
  /** Of each group, its own open orders and the live leases that came of them, together. */
  max_live_per_group: number;
  /** The most that one of its orders may cost for the term, in the budget's denom. */
  max_order_price: Uint128;
  /** Names of the groups that it may open orders for; none when it may open none. */
  open_groups?: string[];
  set_version?: boolean;
  top_up?: boolean;
}

/**
 * Auditors that must vouch for every attribute of the requirements, and for at least one where none is asked
 * for. Each list names an account once.
 */
export interface SignedBy {
  /** Each of these must vouch for all. */
  all_of?: string[];
  /** One of these alone must vouch for all; empty when it does not matter. */
  any_of?: string[];
}

/** A cursor of lists in order of time: continue after this id at this second. */
export interface TimeCursor {
  /** Seconds since the epoch. */
  at: number;
  id: number;
}

/** Counts over the whole market, kept as they change. */
export interface Totals {
  bids: number;
  /**
   * Seconds since the epoch: the contract's start, or its migration from version 0.1.0, which counted none of
   * these.
   */
  counted_since: number;
  deployments: number;
  deployments_live: number;
  /**
   * What providers earned, in each denom that the market ever held, since `counted_since`; an active lease
   * counts what was withdrawn from it.
   */
  earned: Money[];
  /** Ended leases, one entry for each reason, since `counted_since`. */
  ends: LeaseEnds[];
  leases: number;
  leases_active: number;
  leases_pending: number;
  orders: number;
  /** Orders that their tenants closed, since `counted_since`. */
  orders_closed: number;
  /** Orders that ended without a lease that was activated, since `counted_since`. */
  orders_expired: number;
  orders_open: number;
  /** Accounts that won their first lease since `counted_since`. */
  providers: number;
  /** Accounts whose first deployment was created since `counted_since`. */
  tenants: number;
}

/** A volume. `persistent` ones outlive a restart of the workload and die with the lease. */
export interface Volume {
  /** Storage class such as `beta2`; absent for the provider's default. */
  class?: string | null;
  name: string;
  persistent: boolean;
  /** Bytes. */
  size: number;
}

export interface InstantiateMsg {
  /** The account that administers the contract; governance after the hand-over. */
  owner: string;
  params: Params;
  registry: string;
  staking: string;
}

export type MigrateMsg = { [name: string]: never };

/** Arguments of each message. */
export interface ExecuteArgs {
  /**
   * By anyone, who becomes the tenant. Funds: exactly the sum of the orders' maximum prices, all in one denom.
   * Events `deployment_created`, `order_created` for each order.
   */
  create_deployment: {
    orders: OrderSpec[];
    version: HexBinary;
  };
  /** By the tenant: more orders for its deployment. Funds as above. Event `order_created` for each. */
  open_orders: {
    deployment: number;
    orders: OrderSpec[];
  };
  /** By the tenant: a new version of the manifest. No funds. Event `deployment_updated`. */
  update_deployment: {
    deployment: number;
    version: HexBinary;
  };
  /** By the tenant: ends an order that has no bid and returns what it locked. No funds. Event `order_closed`. */
  close_order: {
    order: number;
  };
  /**
   * By the tenant: ends a lease. A pending one returns everything; an active one pays to the second and returns
   * the rest. No funds. Event `lease_ended`.
   */
  close_lease: {
    lease: number;
  };
  /**
   * By the tenant: closes orders (with or without bids) and leases of the deployment, at most `limit` and
   * `MAX_CLOSE_STEPS` in one call, and the deployment itself once none is left. Call it again until the event
   * says so. No funds. Events `deployment_closing` or `deployment_closed`, and one for each order and lease.
   */
  close_deployment: {
    deployment: number;
    limit?: number | null;
  };
  /**
   * By anyone: adds the funds sent, one coin in the lease's denom, to a pending or active lease at its agreed
   * rate. Event `lease_topped_up`.
   */
  top_up: {
    lease: number;
  };
  /**
   * By the tenant of an active deployment: lets `delegate` act for it within these rights, in place of rights
   * that it gave this delegate before; the budget stays. No funds. Event `delegate_granted`.
   */
  grant: {
    delegate: string;
    deployment: number;
    rights: Rights;
  };
  /**
   * By the tenant of an active deployment: the funds sent, one coin, join a delegate's budget, always in the
   * same denom. Event `grant_funded`.
   */
  fund_grant: {
    delegate: string;
    deployment: number;
  };
  /**
   * By the tenant, effective at once: returns what is left of the budget. Closing the deployment does the same
   * for all its delegates. No funds. Event `delegate_revoked`.
   */
  revoke_grant: {
    delegate: string;
    deployment: number;
  };
  /**
   * By a delegate of the deployment, within its rights. No funds: the budget pays. Events `grant_spent` when it
   * does, then those of the same action by the tenant.
   */
  act: {
    action: DelegateAction;
    deployment: number;
  };
  /**
   * By the provider's owner or an operator. `provider` is the owner's address, the sender when absent. Funds:
   * exactly the bid deposit of the order's denom, none when that is 0. One bid for each provider and order.
   * Event `bid_placed`.
   */
  place_bid: {
    order: number;
    price: Uint128;
    provider?: string | null;
  };
  /**
   * By the provider's owner or an operator, while the order takes bids: a strictly lower price, which takes a
   * new place in time. No funds. Event `bid_lowered`.
   */
  lower_bid: {
    order: number;
    price: Uint128;
    provider?: string | null;
  };
  /**
   * By the provider's owner or an operator, while the order takes bids: takes the bid out of the book and
   * returns its deposit to the depositor. No funds. Event `bid_withdrawn`.
   */
  withdraw_bid: {
    order: number;
    provider?: string | null;
  };
  /**
   * By anyone: returns the deposit of a bid that is not in the book any more to its depositor. No funds. Event
   * `bid_deposit_returned`.
   */
  reclaim_deposit: {
    order: number;
    provider: string;
  };
  /**
   * By the provider's owner or an operator: starts the paid time of a pending lease. `version` is the manifest
   * version that the provider holds: the deployment's current one, or the one at the match. No funds. Event
   * `lease_activated`.
   */
  activate: {
    lease: number;
    version: HexBinary;
  };
  /**
   * By the provider's owner or an operator: gives a pending lease back, on the record. With fall-back the next
   * eligible bid is matched at once. No funds. Events `lease_ended`, then those of a match.
   */
  decline: {
    lease: number;
    reason: string;
  };
  /**
   * By the provider's owner, after the first term: the lease ends when the notice window is over. No funds.
   * Event `lease_notice_given`.
   */
  give_notice: {
    lease: number;
  };
  /** By the provider's owner: ends an active lease now, which is a fault. No funds. Event `lease_ended`. */
  break_lease: {
    lease: number;
    reason: string;
  };
  /**
   * By anyone, once bidding is over: the lowest price, then the earliest, among bidders that are still
   * eligible. Examines at most `MAX_MATCH_STEPS` bids; call it again when the event is
   * `order_match_progressed`. No funds. Events `order_matched`, `order_match_progressed` or `order_expired`.
   */
  match: {
    order: number;
  };
  /**
   * By anyone, once a pending lease is overdue: the tenant is made whole, the winner's fault is recorded, its
   * stake slashed, and with fall-back the next eligible bid is matched at once. No funds. Events `lease_ended`,
   * then those of a match.
   */
  expire_lease: {
    lease: number;
  };
  /**
   * By anyone: pays what the lease has earned to the provider's payout address; settles it when it is due. No
   * funds. Fails when there is nothing to pay. Event `lease_withdrawn`.
   */
  withdraw: {
    lease: number;
  };
  /** By anyone: ends an active lease whose time is over. No funds. Event `lease_ended`. */
  settle: {
    lease: number;
  };
  /**
   * By anyone: tries again what failed of the punishment for a lease's fault. What fails again stays due; its
   * provider is not eligible until then. No funds. Events `punishment_retried`, and `slash_failed` or
   * `jail_failed` for what fails.
   */
  punish: {
    lease: number;
  };
  /** By the contract's owner. Event `params_updated`. */
  update_params: {
    params: Params;
  };
  /** Two-step hand-over. Events `ownership_offered`, `ownership_offer_withdrawn`, `ownership_accepted`. */
  ownership: OwnershipAction;
}

export type ExecuteMsg = OneOf<ExecuteArgs>;

/** Arguments of each query. */
export interface QueryArgs {
  config: { [name: string]: never };
  limits: { [name: string]: never };
  totals: { [name: string]: never };
  invariants: { [name: string]: never };
  deployment: {
    deployment: number;
  };
  deployments: {
    limit?: number | null;
    start_after?: number | null;
    tenant: string;
  };
  /** Fails when the account is no delegate of the deployment. */
  grant: {
    delegate: string;
    deployment: number;
  };
  /** Delegates of a deployment by address; the cursor is a delegate's address. */
  grants: {
    deployment: number;
    limit?: number | null;
    start_after?: string | null;
  };
  /** What a key may act for; the cursor is a deployment id. */
  grants_of_delegate: {
    delegate: string;
    limit?: number | null;
    start_after?: number | null;
  };
  order: {
    order: number;
  };
  orders: {
    filter: OrderFilter;
    limit?: number | null;
    start_after?: number | null;
  };
  /** Open orders by the end of their bidding, soonest first. */
  orders_by_expiry: {
    limit?: number | null;
    start_after?: TimeCursor | null;
  };
  /** The book of an order: lowest price first, then earliest. Bids that have left the book are not in it. */
  book: {
    limit?: number | null;
    order: number;
    start_after?: BookCursor | null;
  };
  /** The bid of a provider on an order, in the book or not; fails when there is none. */
  bid: {
    order: number;
    provider: string;
  };
  /** Bids of a provider whose deposit is not taken back or that are in a book; the cursor is an order id. */
  bids_of_provider: {
    limit?: number | null;
    provider: string;
    start_after?: number | null;
  };
  lease: {
    lease: number;
  };
  leases: {
    filter: LeaseFilter;
    limit?: number | null;
    start_after?: number | null;
  };
  /** Active leases by their end, soonest first. */
  leases_by_end: {
    limit?: number | null;
    start_after?: TimeCursor | null;
  };
  /** Zeroes for an account without history. */
  provider_record: {
    provider: string;
  };
  /** From stake and record as they are now; zero for an account without either. */
  reputation: {
    provider: string;
  };
  /** Punishments that failed and are due, by lease; the cursor is a lease id. */
  punishments_due: {
    limit?: number | null;
    start_after?: number | null;
  };
  /** Every requirement held against a provider: of an order, or of requirements that nobody has posted yet. */
  eligibility: {
    provider: string;
    subject: EligibilitySubject;
  };
}

export type QueryMsg = OneOf<QueryArgs>;

/** Asks the market contract. */
export class MarketQueries {
  constructor(
    private readonly source: Source,
    readonly address: string,
  ) {}

  config(): Promise<Config> {
    return this.source.query(this.address, { config: {} } satisfies QueryMsg);
  }

  limits(): Promise<Limits> {
    return this.source.query(this.address, { limits: {} } satisfies QueryMsg);
  }

  totals(): Promise<Totals> {
    return this.source.query(this.address, { totals: {} } satisfies QueryMsg);
  }

  invariants(): Promise<Invariants> {
    return this.source.query(this.address, { invariants: {} } satisfies QueryMsg);
  }

  deployment(args: QueryArgs["deployment"]): Promise<Deployment> {
    return this.source.query(this.address, { deployment: args } satisfies QueryMsg);
  }

  deployments(args: QueryArgs["deployments"]): Promise<Page<Deployment, number>> {
    return this.source.query(this.address, { deployments: args } satisfies QueryMsg);
  }

  /** Every item of `deployments`, from `start_after` on, `limit` to a page. */
  allDeployments(args: QueryArgs["deployments"]): AsyncGenerator<Deployment, void, undefined> {
    return each<Deployment, number>((start_after) => this.deployments({ ...args, start_after }), args.start_after);
  }

  /** Fails when the account is no delegate of the deployment. */
  grant(args: QueryArgs["grant"]): Promise<Grant> {
    return this.source.query(this.address, { grant: args } satisfies QueryMsg);
  }

  /** Delegates of a deployment by address; the cursor is a delegate's address. */
  grants(args: QueryArgs["grants"]): Promise<Page<Grant, Addr>> {
    return this.source.query(this.address, { grants: args } satisfies QueryMsg);
  }

  /** Every item of `grants`, from `start_after` on, `limit` to a page. */
  allGrants(args: QueryArgs["grants"]): AsyncGenerator<Grant, void, undefined> {
    return each<Grant, Addr>((start_after) => this.grants({ ...args, start_after }), args.start_after);
  }

  /** What a key may act for; the cursor is a deployment id. */
  grantsOfDelegate(args: QueryArgs["grants_of_delegate"]): Promise<Page<Grant, number>> {
    return this.source.query(this.address, { grants_of_delegate: args } satisfies QueryMsg);
  }

  /** Every item of `grantsOfDelegate`, from `start_after` on, `limit` to a page. */
  allGrantsOfDelegate(args: QueryArgs["grants_of_delegate"]): AsyncGenerator<Grant, void, undefined> {
    return each<Grant, number>((start_after) => this.grantsOfDelegate({ ...args, start_after }), args.start_after);
  }

  order(args: QueryArgs["order"]): Promise<Order> {
    return this.source.query(this.address, { order: args } satisfies QueryMsg);
  }

  orders(args: QueryArgs["orders"]): Promise<Page<Order, number>> {
    return this.source.query(this.address, { orders: args } satisfies QueryMsg);
  }

  /** Every item of `orders`, from `start_after` on, `limit` to a page. */
  allOrders(args: QueryArgs["orders"]): AsyncGenerator<Order, void, undefined> {
    return each<Order, number>((start_after) => this.orders({ ...args, start_after }), args.start_after);
  }

  /** Open orders by the end of their bidding, soonest first. */
  ordersByExpiry(args: QueryArgs["orders_by_expiry"] = {}): Promise<Page<Order, TimeCursor>> {
    return this.source.query(this.address, { orders_by_expiry: args } satisfies QueryMsg);
  }

  /** Every item of `ordersByExpiry`, from `start_after` on, `limit` to a page. */
  allOrdersByExpiry(args: QueryArgs["orders_by_expiry"] = {}): AsyncGenerator<Order, void, undefined> {
    return each<Order, TimeCursor>((start_after) => this.ordersByExpiry({ ...args, start_after }), args.start_after);
  }

  /** The book of an order: lowest price first, then earliest. Bids that have left the book are not in it. */
  book(args: QueryArgs["book"]): Promise<Page<Bid, BookCursor>> {
    return this.source.query(this.address, { book: args } satisfies QueryMsg);
  }

  /** Every item of `book`, from `start_after` on, `limit` to a page. */
  allBook(args: QueryArgs["book"]): AsyncGenerator<Bid, void, undefined> {
    return each<Bid, BookCursor>((start_after) => this.book({ ...args, start_after }), args.start_after);
  }

  /** The bid of a provider on an order, in the book or not; fails when there is none. */
  bid(args: QueryArgs["bid"]): Promise<Bid> {
    return this.source.query(this.address, { bid: args } satisfies QueryMsg);
  }

  /** Bids of a provider whose deposit is not taken back or that are in a book; the cursor is an order id. */
  bidsOfProvider(args: QueryArgs["bids_of_provider"]): Promise<Page<Bid, number>> {
    return this.source.query(this.address, { bids_of_provider: args } satisfies QueryMsg);
  }

  /** Every item of `bidsOfProvider`, from `start_after` on, `limit` to a page. */
  allBidsOfProvider(args: QueryArgs["bids_of_provider"]): AsyncGenerator<Bid, void, undefined> {
    return each<Bid, number>((start_after) => this.bidsOfProvider({ ...args, start_after }), args.start_after);
  }

  lease(args: QueryArgs["lease"]): Promise<Lease> {
    return this.source.query(this.address, { lease: args } satisfies QueryMsg);
  }

  leases(args: QueryArgs["leases"]): Promise<Page<Lease, number>> {
    return this.source.query(this.address, { leases: args } satisfies QueryMsg);
  }

  /** Every item of `leases`, from `start_after` on, `limit` to a page. */
  allLeases(args: QueryArgs["leases"]): AsyncGenerator<Lease, void, undefined> {
    return each<Lease, number>((start_after) => this.leases({ ...args, start_after }), args.start_after);
  }

  /** Active leases by their end, soonest first. */
  leasesByEnd(args: QueryArgs["leases_by_end"] = {}): Promise<Page<Lease, TimeCursor>> {
    return this.source.query(this.address, { leases_by_end: args } satisfies QueryMsg);
  }

  /** Every item of `leasesByEnd`, from `start_after` on, `limit` to a page. */
  allLeasesByEnd(args: QueryArgs["leases_by_end"] = {}): AsyncGenerator<Lease, void, undefined> {
    return each<Lease, TimeCursor>((start_after) => this.leasesByEnd({ ...args, start_after }), args.start_after);
  }

  /** Zeroes for an account without history. */
  providerRecord(args: QueryArgs["provider_record"]): Promise<ProviderRecord> {
    return this.source.query(this.address, { provider_record: args } satisfies QueryMsg);
  }

  /** From stake and record as they are now; zero for an account without either. */
  reputation(args: QueryArgs["reputation"]): Promise<Reputation> {
    return this.source.query(this.address, { reputation: args } satisfies QueryMsg);
  }

  /** Punishments that failed and are due, by lease; the cursor is a lease id. */
  punishmentsDue(args: QueryArgs["punishments_due"] = {}): Promise<Page<PunishmentDue, number>> {
    return this.source.query(this.address, { punishments_due: args } satisfies QueryMsg);
  }

  /** Every item of `punishmentsDue`, from `start_after` on, `limit` to a page. */
  allPunishmentsDue(args: QueryArgs["punishments_due"] = {}): AsyncGenerator<PunishmentDue, void, undefined> {
    return each<PunishmentDue, number>((start_after) => this.punishmentsDue({ ...args, start_after }), args.start_after);
  }

  /** Every requirement held against a provider: of an order, or of requirements that nobody has posted yet. */
  eligibility(args: QueryArgs["eligibility"]): Promise<Eligibility> {
    return this.source.query(this.address, { eligibility: args } satisfies QueryMsg);
  }
}

/** Sends messages to the market contract, each in a transaction of its own. */
export class MarketMessages {
  constructor(
    private readonly sender: Sender,
    readonly address: string,
  ) {}

  /**
   * By anyone, who becomes the tenant. Funds: exactly the sum of the orders' maximum prices, all in one denom.
   * Events `deployment_created`, `order_created` for each order.
   */
  createDeployment(args: ExecuteArgs["create_deployment"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { create_deployment: args } satisfies ExecuteMsg, funds);
  }

  /** By the tenant: more orders for its deployment. Funds as above. Event `order_created` for each. */
  openOrders(args: ExecuteArgs["open_orders"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { open_orders: args } satisfies ExecuteMsg, funds);
  }

  /** By the tenant: a new version of the manifest. No funds. Event `deployment_updated`. */
  updateDeployment(args: ExecuteArgs["update_deployment"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { update_deployment: args } satisfies ExecuteMsg, funds);
  }

  /** By the tenant: ends an order that has no bid and returns what it locked. No funds. Event `order_closed`. */
  closeOrder(args: ExecuteArgs["close_order"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { close_order: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By the tenant: ends a lease. A pending one returns everything; an active one pays to the second and returns
   * the rest. No funds. Event `lease_ended`.
   */
  closeLease(args: ExecuteArgs["close_lease"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { close_lease: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By the tenant: closes orders (with or without bids) and leases of the deployment, at most `limit` and
   * `MAX_CLOSE_STEPS` in one call, and the deployment itself once none is left. Call it again until the event
   * says so. No funds. Events `deployment_closing` or `deployment_closed`, and one for each order and lease.
   */
  closeDeployment(args: ExecuteArgs["close_deployment"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { close_deployment: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By anyone: adds the funds sent, one coin in the lease's denom, to a pending or active lease at its agreed
   * rate. Event `lease_topped_up`.
   */
  topUp(args: ExecuteArgs["top_up"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { top_up: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By the tenant of an active deployment: lets `delegate` act for it within these rights, in place of rights
   * that it gave this delegate before; the budget stays. No funds. Event `delegate_granted`.
   */
  grant(args: ExecuteArgs["grant"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { grant: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By the tenant of an active deployment: the funds sent, one coin, join a delegate's budget, always in the
   * same denom. Event `grant_funded`.
   */
  fundGrant(args: ExecuteArgs["fund_grant"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { fund_grant: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By the tenant, effective at once: returns what is left of the budget. Closing the deployment does the same
   * for all its delegates. No funds. Event `delegate_revoked`.
   */
  revokeGrant(args: ExecuteArgs["revoke_grant"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { revoke_grant: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By a delegate of the deployment, within its rights. No funds: the budget pays. Events `grant_spent` when it
   * does, then those of the same action by the tenant.
   */
  act(args: ExecuteArgs["act"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { act: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By the provider's owner or an operator. `provider` is the owner's address, the sender when absent. Funds:
   * exactly the bid deposit of the order's denom, none when that is 0. One bid for each provider and order.
   * Event `bid_placed`.
   */
  placeBid(args: ExecuteArgs["place_bid"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { place_bid: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By the provider's owner or an operator, while the order takes bids: a strictly lower price, which takes a
   * new place in time. No funds. Event `bid_lowered`.
   */
  lowerBid(args: ExecuteArgs["lower_bid"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { lower_bid: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By the provider's owner or an operator, while the order takes bids: takes the bid out of the book and
   * returns its deposit to the depositor. No funds. Event `bid_withdrawn`.
   */
  withdrawBid(args: ExecuteArgs["withdraw_bid"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { withdraw_bid: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By anyone: returns the deposit of a bid that is not in the book any more to its depositor. No funds. Event
   * `bid_deposit_returned`.
   */
  reclaimDeposit(args: ExecuteArgs["reclaim_deposit"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { reclaim_deposit: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By the provider's owner or an operator: starts the paid time of a pending lease. `version` is the manifest
   * version that the provider holds: the deployment's current one, or the one at the match. No funds. Event
   * `lease_activated`.
   */
  activate(args: ExecuteArgs["activate"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { activate: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By the provider's owner or an operator: gives a pending lease back, on the record. With fall-back the next
   * eligible bid is matched at once. No funds. Events `lease_ended`, then those of a match.
   */
  decline(args: ExecuteArgs["decline"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { decline: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By the provider's owner, after the first term: the lease ends when the notice window is over. No funds.
   * Event `lease_notice_given`.
   */
  giveNotice(args: ExecuteArgs["give_notice"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { give_notice: args } satisfies ExecuteMsg, funds);
  }

  /** By the provider's owner: ends an active lease now, which is a fault. No funds. Event `lease_ended`. */
  breakLease(args: ExecuteArgs["break_lease"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { break_lease: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By anyone, once bidding is over: the lowest price, then the earliest, among bidders that are still
   * eligible. Examines at most `MAX_MATCH_STEPS` bids; call it again when the event is
   * `order_match_progressed`. No funds. Events `order_matched`, `order_match_progressed` or `order_expired`.
   */
  match(args: ExecuteArgs["match"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { match: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By anyone, once a pending lease is overdue: the tenant is made whole, the winner's fault is recorded, its
   * stake slashed, and with fall-back the next eligible bid is matched at once. No funds. Events `lease_ended`,
   * then those of a match.
   */
  expireLease(args: ExecuteArgs["expire_lease"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { expire_lease: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By anyone: pays what the lease has earned to the provider's payout address; settles it when it is due. No
   * funds. Fails when there is nothing to pay. Event `lease_withdrawn`.
   */
  withdraw(args: ExecuteArgs["withdraw"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { withdraw: args } satisfies ExecuteMsg, funds);
  }

  /** By anyone: ends an active lease whose time is over. No funds. Event `lease_ended`. */
  settle(args: ExecuteArgs["settle"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { settle: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By anyone: tries again what failed of the punishment for a lease's fault. What fails again stays due; its
   * provider is not eligible until then. No funds. Events `punishment_retried`, and `slash_failed` or
   * `jail_failed` for what fails.
   */
  punish(args: ExecuteArgs["punish"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { punish: args } satisfies ExecuteMsg, funds);
  }

  /** By the contract's owner. Event `params_updated`. */
  updateParams(args: ExecuteArgs["update_params"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { update_params: args } satisfies ExecuteMsg, funds);
  }

  /** Two-step hand-over. Events `ownership_offered`, `ownership_offer_withdrawn`, `ownership_accepted`. */
  ownership(args: ExecuteArgs["ownership"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { ownership: args } satisfies ExecuteMsg, funds);
  }
}
