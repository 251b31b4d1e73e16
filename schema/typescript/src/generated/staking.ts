// Generated from the JSON Schemas by `npm run generate`. Do not edit.

import type { Funds, OneOf, Outcome, Sender, Source } from "../contract.js";
import type { Addr, OwnershipAction, Uint128 } from "./common.js";

/** Version of the contract that these types are of. */
export const VERSION = "0.2.0";

/** cw4: answer to `admin`. */
export interface AdminResponse {
  admin?: string | null;
}

export interface Config {
  market?: Addr | null;
  owner: Addr;
  params: Params;
  pending_owner?: Addr | null;
}

/** Where slashed tokens go. */
export type Destination =
  | "burn"
  /** The tenant that the fault harmed; a slash without one goes to the treasury. */
  | "tenant"
  /** The account in [`Params::treasury`]. */
  | "treasury";

/** What a slash is for. */
export type Fault =
  /** A winner let its activation window pass. */
  | "activation_expired"
  /** A provider broke a live lease. */
  | "lease_broken"
  /** A decision of governance. */
  | "governance";

/**
 * Both sides of `balance = bonded + unbonding + compensation + unaccounted`; `holds` when nothing is missing.
 * `unaccounted` is what was sent to the contract without a message, which belongs to nobody.
 */
export interface Invariants {
  balance: Uint128;
  bonded: Uint128;
  /** Burned or paid to the treasury by slashes, ever. */
  burned: Uint128;
  compensation: Uint128;
  denom: string;
  holds: boolean;
  to_tenants: Uint128;
  to_treasury: Uint128;
  unaccounted: Uint128;
  unbonding: Uint128;
}

export interface Limits {
  default_page_limit: number;
  max_page_limit: number;
  max_reason_bytes: number;
  max_slash: number;
  max_unbonding_seconds: number;
  max_unbondings: number;
  min_unbonding_seconds: number;
}

/** cw4: one member. */
export interface Member {
  addr: string;
  weight: number;
}

/** cw4: answer to `list_members`. */
export interface MemberListResponse {
  members: Member[];
}

/** cw4: answer to `member`; none when the account has no weight. */
export interface MemberResponse {
  weight?: number | null;
}

export interface Params {
  /** The denom of stake. */
  denom: string;
  on_activation_expired: Destination;
  on_governance: Destination;
  on_lease_broken: Destination;
  treasury: string;
  /** Seconds from unbonding to claim. */
  unbonding_seconds: number;
}

export interface StakeInfo {
  bonded: Uint128;
  /** Owed to this account from slashes of others, to be claimed. */
  compensation: Uint128;
  provider: Addr;
  /** Taken from this account by slashes, ever. */
  slashed: Uint128;
  /** Sum of running and matured unbondings that are not claimed. */
  unbonding: Uint128;
  unbondings: Unbonding[];
}

/** cw4: answer to `total_weight`. */
export interface TotalWeightResponse {
  weight: number;
}

/** One running unbonding. */
export interface Unbonding {
  /** What is left of it after slashes. */
  amount: Uint128;
  id: number;
  /** Seconds since the epoch; claimable from then on. */
  matures_at: number;
  /** Seconds since the epoch. */
  started_at: number;
}

export interface InstantiateMsg {
  /** The account that wires and administers the contract; governance after the hand-over. */
  owner: string;
  params: Params;
}

export type MigrateMsg = { [name: string]: never };

/** Arguments of each message. */
export interface ExecuteArgs {
  /** By anyone, with funds in the stake denom: adds to the sender's stake. Event `stake_bonded`. */
  stake: { [name: string]: never };
  /**
   * By a staker: starts an unbonding; its weight is gone at once, the tokens stay slashable until they mature.
   * No funds. Event `stake_unbonded`.
   */
  unbond: {
    amount: Uint128;
  };
  /**
   * By a staker: takes what has matured, oldest first, and what slashes of others owe it. No funds. Fails when
   * there is nothing to take. Event `stake_claimed`.
   */
  claim: { [name: string]: never };
  /**
   * By the market, for its objective faults, or by the contract's owner with `Fault::Governance` and a reason:
   * takes `floor(fraction x slashable)`, where slashable is the bonded stake and what is unbonding and began at
   * or after `fault_at`, or has not matured. Nothing at stake is no error. No funds. Event `stake_slashed`.
   */
  slash: {
    fault: Fault;
    /** When the fault was committed, in seconds since the epoch; not in the future. */
    fault_at: number;
    fraction: number;
    /** The tenant that the fault harmed. */
    harmed?: string | null;
    provider: string;
    reason: string;
  };
  /**
   * By the contract's owner: replaces the parameters; running unbondings keep their period; the denom never
   * changes. Event `params_updated`.
   */
  update_params: {
    params: Params;
  };
  /** By the contract's owner: names the market. Event `market_set`. */
  set_market: {
    market: string;
  };
  /** Two-step hand-over. Events `ownership_offered`, `ownership_offer_withdrawn`, `ownership_accepted`. */
  ownership: OwnershipAction;
}

export type ExecuteMsg = OneOf<ExecuteArgs>;

/** Arguments of each query. */
export interface QueryArgs {
  config: { [name: string]: never };
  limits: { [name: string]: never };
  /** Zeroes for an account that never staked. */
  stake: {
    provider: string;
  };
  invariants: { [name: string]: never };
  admin: { [name: string]: never };
  /** At the beginning of block `at_height`; now when absent. */
  member: {
    addr: string;
    at_height?: number | null;
  };
  list_members: {
    limit?: number | null;
    start_after?: string | null;
  };
  /** At the beginning of block `at_height`; now when absent. */
  total_weight: {
    at_height?: number | null;
  };
}

export type QueryMsg = OneOf<QueryArgs>;

/** Asks the staking contract. */
export class StakingQueries {
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

  /** Zeroes for an account that never staked. */
  stake(args: QueryArgs["stake"]): Promise<StakeInfo> {
    return this.source.query(this.address, { stake: args } satisfies QueryMsg);
  }

  invariants(): Promise<Invariants> {
    return this.source.query(this.address, { invariants: {} } satisfies QueryMsg);
  }

  admin(): Promise<AdminResponse> {
    return this.source.query(this.address, { admin: {} } satisfies QueryMsg);
  }

  /** At the beginning of block `at_height`; now when absent. */
  member(args: QueryArgs["member"]): Promise<MemberResponse> {
    return this.source.query(this.address, { member: args } satisfies QueryMsg);
  }

  listMembers(args: QueryArgs["list_members"] = {}): Promise<MemberListResponse> {
    return this.source.query(this.address, { list_members: args } satisfies QueryMsg);
  }

  /** At the beginning of block `at_height`; now when absent. */
  totalWeight(args: QueryArgs["total_weight"] = {}): Promise<TotalWeightResponse> {
    return this.source.query(this.address, { total_weight: args } satisfies QueryMsg);
  }
}

/** Sends messages to the staking contract, each in a transaction of its own. */
export class StakingMessages {
  constructor(
    private readonly sender: Sender,
    readonly address: string,
  ) {}

  /** By anyone, with funds in the stake denom: adds to the sender's stake. Event `stake_bonded`. */
  stake(funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { stake: {} } satisfies ExecuteMsg, funds);
  }

  /**
   * By a staker: starts an unbonding; its weight is gone at once, the tokens stay slashable until they mature.
   * No funds. Event `stake_unbonded`.
   */
  unbond(args: ExecuteArgs["unbond"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { unbond: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By a staker: takes what has matured, oldest first, and what slashes of others owe it. No funds. Fails when
   * there is nothing to take. Event `stake_claimed`.
   */
  claim(funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { claim: {} } satisfies ExecuteMsg, funds);
  }

  /**
   * By the market, for its objective faults, or by the contract's owner with `Fault::Governance` and a reason:
   * takes `floor(fraction x slashable)`, where slashable is the bonded stake and what is unbonding and began at
   * or after `fault_at`, or has not matured. Nothing at stake is no error. No funds. Event `stake_slashed`.
   */
  slash(args: ExecuteArgs["slash"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { slash: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By the contract's owner: replaces the parameters; running unbondings keep their period; the denom never
   * changes. Event `params_updated`.
   */
  updateParams(args: ExecuteArgs["update_params"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { update_params: args } satisfies ExecuteMsg, funds);
  }

  /** By the contract's owner: names the market. Event `market_set`. */
  setMarket(args: ExecuteArgs["set_market"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { set_market: args } satisfies ExecuteMsg, funds);
  }

  /** Two-step hand-over. Events `ownership_offered`, `ownership_offer_withdrawn`, `ownership_accepted`. */
  ownership(args: ExecuteArgs["ownership"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { ownership: args } satisfies ExecuteMsg, funds);
  }
}
