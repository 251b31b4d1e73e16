// Generated from the JSON Schemas by `npm run generate`. Do not edit.

import type { Funds, OneOf, Outcome, Page, Sender, Source } from "../contract.js";
import { each } from "../paging.js";
import type { Addr, Binary, Money, Uint128 } from "./common.js";

/** Version of the contract that these types are of. */
export const VERSION = "0.2.0";

/**
 * A message encoded the same way as a protobuf
 * [Any](https://github.com/protocolbuffers/protobuf/blob/master/src/google/protobuf/any.proto). This is the
 * same structure as messages in `TxBody` from
 * [ADR-020](https://github.com/cosmos/cosmos-sdk/blob/master/docs/architecture/adr-020-protobuf-transaction-encoding.md)
 */
export interface AnyMsg {
  type_url: string;
  value: Binary;
}

export interface Ballot {
  vote: Vote;
  voter: Addr;
  weight: Uint128;
}

/**
 * The message types of the bank module.
 *
 * See https://github.com/cosmos/cosmos-sdk/blob/v0.40.0/proto/cosmos/bank/v1beta1/tx.proto
 */
export type BankMsg =
  /**
   * Sends native tokens from the contract to the given address.
   *
   * This is translated to a
   * [MsgSend](https://github.com/cosmos/cosmos-sdk/blob/v0.40.0/proto/cosmos/bank/v1beta1/tx.proto#L19-L28).
   * `from_address` is automatically filled with the current contract's address.
   */
  | {
    send: {
      amount: Coin[];
      to_address: string;
    };
  }
  /**
   * This will burn the given coins from the contract's account. There is no Cosmos SDK message that performs
   * this, but it can be done by calling the bank keeper. Important if a contract controls significant token
   * supply that must be retired.
   */
  | {
    burn: {
      amount: Coin[];
    };
  };

export interface Coin {
  amount: Uint256;
  denom: string;
}

export interface Config {
  /** The denom of deposits, which is that of stake. */
  denom: string;
  floors: Floors;
  /** The latest proposal, absent before the first. */
  last_proposal?: number | null;
  params: Params;
  staking: Addr;
}

export type CosmosMsg =
  | {
    bank: BankMsg;
  }
  | {
    custom: Empty;
  }
  /**
   * `CosmosMsg::Any` replaces the "stargate message" – a message wrapped in a [protobuf
   * Any](https://protobuf.dev/programming-guides/proto3/#any) that is supported by the chain. It behaves the
   * same as `CosmosMsg::Stargate` but has a better name and slightly improved syntax.
   *
   * This is feature-gated at compile time with `cosmwasm_2_0` because a chain running CosmWasm < 2.0 cannot
   * process this.
   */
  | {
    any: AnyMsg;
  }
  | {
    wasm: WasmMsg;
  };

/** When a proposal loses its deposit to the treasury. */
export type DepositLoss = "never" | "vetoed" | "vetoed_or_no_quorum" | "not_passed";

export type DepositState =
  | "returned"
  /** With the contract. */
  | "held"
  /** Left to the treasury. */
  | "forfeited";

/**
 * An empty struct that serves as a placeholder in different places, such as contracts that don't set a custom
 * message.
 *
 * It is designed to be expressible in correct JSON and JSON Schema but contains no meaningful data. Previously
 * we used enums without cases, but those cannot be represented as valid JSON Schema
 * (https://github.com/CosmWasm/cosmwasm/issues/451)
 */
export type Empty = { [name: string]: never };

/** An attempt to execute a proposal of which nothing remains but this. */
export interface Failure {
  /** Seconds since the epoch. */
  at: number;
  /** The chain's text, which many chains shorten to a code. */
  reason: string;
}

/** What no vote ever goes below. */
export interface Floors {
  /** The shortest time-lock in seconds. */
  timelock_seconds: number;
  /**
   * Stake that must be bonded in all for a proposal to begin, in the base denom; may be 0. On a young chain,
   * where hardly anyone has stake, a single account would otherwise be the majority.
   */
  total_stake: Uint128;
  /** The shortest time-lock of an upgrade in seconds. */
  upgrade_timelock_seconds: number;
  /** The shortest voting period in seconds. */
  voting_seconds: number;
}

export interface FullProposal {
  description: string;
  messages: CosmosMsg[];
  proposal: Proposal;
}

/** Both sides of `balance = deposits + treasury`; `holds` when all deposits are covered. */
export interface Invariants {
  balance: Uint128;
  denom: string;
  /** Of proposals whose deposit is not settled. */
  deposits: Uint128;
  forfeited: Uint128;
  holds: boolean;
  /** Deposits paid back and left to the treasury, ever. */
  returned: Uint128;
  /** What proposals may spend of this denom. */
  treasury: Uint128;
}

export interface Limits {
  default_page_limit: number;
  max_deposit: Uint128;
  max_description_bytes: number;
  max_execution_seconds: number;
  max_failure_bytes: number;
  max_messages: number;
  max_messages_bytes: number;
  max_page_limit: number;
  max_quorum: number;
  max_raised_deposit: number;
  max_threshold: number;
  max_timelock_seconds: number;
  max_title_bytes: number;
  max_upgrade_timelock_seconds: number;
  max_veto: number;
  max_voting_seconds: number;
  min_execution_seconds: number;
  min_quorum: number;
  min_threshold: number;
  min_veto: number;
}

export interface Params {
  /** What a proposal locks, in the denom of stake; may be 0. */
  deposit: Uint128;
  deposit_loss: DepositLoss;
  /** Seconds after the time-lock in which a passed proposal can be executed. */
  execution_seconds: number;
  /** Of all stake, the fraction that has to vote. */
  quorum: number;
  /** Of the votes that do not abstain, the fraction that yes has to exceed. */
  threshold: number;
  /** Seconds from the end of the vote to the earliest execution. */
  timelock_seconds: number;
  /**
   * The same for upgrades: proposals that migrate a contract, change or clear its chain-level admin, hand over
   * its ownership, name another market or replace these parameters. Long enough for everybody to leave first.
   */
  upgrade_timelock_seconds: number;
  /** Of all votes, the fraction of vetoes that stops a proposal. */
  veto: number;
  /** Seconds that votes are taken. */
  voting_seconds: number;
}

export interface Proposal {
  /** Seconds since the epoch. */
  created_at: number;
  deposit: Money;
  deposit_loss: DepositLoss;
  deposit_state: DepositState;
  /** Seconds since the epoch; can be executed from this second, if it passes. */
  executable_at: number;
  /** Seconds since the epoch. */
  executed_at?: number | null;
  /** Seconds since the epoch; can be executed before this second. */
  expires_at: number;
  /** The latest attempt to execute it that failed. */
  failure?: Failure | null;
  id: number;
  proposer: Addr;
  quorum: number;
  /** Weights are those of the beginning of this block. */
  start_height: number;
  status: Status;
  tally: Tally;
  threshold: number;
  title: string;
  /** Weight of everyone at `start_height`. */
  total_weight: Uint128;
  /** Whether it waits for the upgrade time-lock. */
  upgrade: boolean;
  veto: number;
  /** Seconds since the epoch; votes are taken before this second. */
  voting_ends_at: number;
}

/** Where a proposal stands at the time of the block that answers. */
export type Status =
  | "vetoed" | "executed"
  /** Votes are taken. */
  | "voting"
  /** Too few voted. */
  | "no_quorum"
  /** Yes did not exceed the threshold. */
  | "rejected"
  /** Waits for its time-lock. */
  | "passed"
  /** Anyone may execute it, also after an attempt that failed. */
  | "executable"
  /** Passed, and was not executed in time, or not with success. */
  | "expired";

/** Weight of the votes cast. */
export interface Tally {
  abstain: Uint128;
  no: Uint128;
  veto: Uint128;
  yes: Uint128;
}

/**
 * An implementation of u256 that is using strings for JSON encoding/decoding, such that the full u256 range can
 * be used for clients that convert JSON numbers to floats, like JavaScript and jq.
 *
 * # Examples
 *
 * Use `new` to create instances out of u128, `from` for other primitive uint types or `from_be_bytes` to
 * provide big endian bytes:
 *
 * ``` # use cosmwasm_std::Uint256; let a = Uint256::new(258u128); let b = Uint256::from(258u16); let c =
 * Uint256::from_be_bytes([ 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8,
 * 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 0u8, 1u8, 2u8, ]); assert_eq!(a, b);
 * assert_eq!(a, c); ```
 */
export type Uint256 = string;

export type Vote =
  | "yes" | "no"
  /** Counts towards the quorum only. */
  | "abstain"
  /** A no that also counts towards the veto. */
  | "veto";

/**
 * The message types of the wasm module.
 *
 * See https://github.com/CosmWasm/wasmd/blob/v0.14.0/x/wasm/internal/types/tx.proto
 */
export type WasmMsg =
  /**
   * Dispatches a call to another contract at a known address (with known ABI).
   *
   * This is translated to a
   * [MsgExecuteContract](https://github.com/CosmWasm/wasmd/blob/v0.14.0/x/wasm/internal/types/tx.proto#L68-L78).
   * `sender` is automatically filled with the current contract's address.
   */
  | {
    execute: {
      contract_addr: string;
      funds: Coin[];
      /** msg is the json-encoded ExecuteMsg struct (as raw Binary) */
      msg: Binary;
    };
  }
  /**
   * Instantiates a new contract from previously uploaded Wasm code.
   *
   * The contract address is non-predictable. But it is guaranteed that when emitting the same Instantiate
   * message multiple times, multiple instances on different addresses will be generated. See also Instantiate2.
   *
   * This is translated to a
   * [MsgInstantiateContract](https://github.com/CosmWasm/wasmd/blob/v0.29.2/proto/cosmwasm/wasm/v1/tx.proto#L53-L71).
   * `sender` is automatically filled with the current contract's address.
   */
  | {
    instantiate: {
      admin?: string | null;
      code_id: number;
      funds: Coin[];
      /**
       * A human-readable label for the contract.
       *
       * Valid values should: - not be empty - not be bigger than 128 bytes (or some chain-specific limit) - not
       * start / end with whitespace
       */
      label: string;
      /** msg is the JSON-encoded InstantiateMsg struct (as raw Binary) */
      msg: Binary;
    };
  }
  /**
   * Instantiates a new contract from previously uploaded Wasm code using a predictable address derivation
   * algorithm implemented in [`cosmwasm_std::instantiate2_address`].
   *
   * This is translated to a
   * [MsgInstantiateContract2](https://github.com/CosmWasm/wasmd/blob/v0.29.2/proto/cosmwasm/wasm/v1/tx.proto#L73-L96).
   * `sender` is automatically filled with the current contract's address. `fix_msg` is automatically set to
   * false.
   */
  | {
    instantiate2: {
      admin?: string | null;
      code_id: number;
      funds: Coin[];
      /**
       * A human-readable label for the contract.
       *
       * Valid values should: - not be empty - not be bigger than 128 bytes (or some chain-specific limit) - not
       * start / end with whitespace
       */
      label: string;
      /** msg is the JSON-encoded InstantiateMsg struct (as raw Binary) */
      msg: Binary;
      salt: Binary;
    };
  }
  /**
   * Migrates a given contract to use new wasm code. Passes a MigrateMsg to allow us to customize behavior.
   *
   * Only the contract admin (as defined in wasmd), if any, is able to make this call.
   *
   * This is translated to a
   * [MsgMigrateContract](https://github.com/CosmWasm/wasmd/blob/v0.14.0/x/wasm/internal/types/tx.proto#L86-L96).
   * `sender` is automatically filled with the current contract's address.
   */
  | {
    migrate: {
      contract_addr: string;
      /** msg is the json-encoded MigrateMsg struct that will be passed to the new code */
      msg: Binary;
      /** the code_id of the new logic to place in the given contract */
      new_code_id: number;
    };
  }
  /**
   * Sets a new admin (for migrate) on the given contract. Fails if this contract is not currently admin of the
   * target contract.
   */
  | {
    update_admin: {
      admin: string;
      contract_addr: string;
    };
  }
  /**
   * Clears the admin on the given contract, so no more migration possible. Fails if this contract is not
   * currently admin of the target contract.
   */
  | {
    clear_admin: {
      contract_addr: string;
    };
  };

export interface InstantiateMsg {
  /** Never change. */
  floors: Floors;
  params: Params;
  /** The staking contract whose weights vote; never changes. */
  staking: string;
}

export type MigrateMsg = { [name: string]: never };

/** Arguments of each message. */
export interface ExecuteArgs {
  /**
   * By an account that had stake when the block began, once `floors.total_stake` is bonded in all: puts
   * messages to the vote, to be executed by this contract in this order, all or none. Accepted are messages of
   * the bank (`send`, `burn`) and of contracts (`execute`, `instantiate`, `instantiate2`, `migrate`,
   * `update_admin`, `clear_admin`); to this contract itself only `update_params`, to staking one `slash` for
   * each account. Funds: exactly the deposit, none when that is 0. Event `proposal_created`.
   */
  propose: {
    description: string;
    messages: CosmosMsg[];
    title: string;
  };
  /**
   * By an account that had stake when the block of the proposal began, once, while voting is open. No funds.
   * Event `proposal_voted`.
   */
  vote: {
    proposal: number;
    vote: Vote;
  };
  /**
   * By anyone, after the time-lock of a passed proposal and before it expires, with success once. When any
   * message fails, none has an effect, the failure is on the record with its reason, and it can be tried again.
   * No funds. Events `proposal_executed` or `proposal_failed`.
   */
  execute: {
    proposal: number;
  };
  /**
   * By anyone, once, after the vote: pays the deposit to the proposer, or leaves it to the treasury when the
   * proposal lost it. No funds. Events `deposit_returned` or `deposit_forfeited`.
   */
  settle_deposit: {
    proposal: number;
  };
  /** By anyone: takes over a contract whose owner has offered it to this one. No funds. Event `ownership_taken`. */
  accept_ownership: {
    contract: string;
  };
  /**
   * By this contract, from a proposal: replaces the parameters; proposals that exist keep theirs. No funds.
   * Event `params_updated`.
   */
  update_params: {
    params: Params;
  };
  /** By this contract, from `execute`: the messages of the proposal that is being executed. No funds. */
  run: {
    proposal: number;
  };
}

export type ExecuteMsg = OneOf<ExecuteArgs>;

/** Arguments of each query. */
export interface QueryArgs {
  config: { [name: string]: never };
  limits: { [name: string]: never };
  invariants: { [name: string]: never };
  /** With description and messages; fails when there is none. */
  proposal: {
    proposal: number;
  };
  /** Newest first; the cursor is a proposal's id. */
  proposals: {
    limit?: number | null;
    start_after?: number | null;
  };
  /** Absent when the account has not voted. */
  vote: {
    proposal: number;
    voter: string;
  };
  /** By voter's address, ascending; the cursor is a voter's address. */
  votes: {
    limit?: number | null;
    proposal: number;
    start_after?: string | null;
  };
}

export type QueryMsg = OneOf<QueryArgs>;

/** Asks the governance contract. */
export class GovernanceQueries {
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

  invariants(): Promise<Invariants> {
    return this.source.query(this.address, { invariants: {} } satisfies QueryMsg);
  }

  /** With description and messages; fails when there is none. */
  proposal(args: QueryArgs["proposal"]): Promise<FullProposal> {
    return this.source.query(this.address, { proposal: args } satisfies QueryMsg);
  }

  /** Newest first; the cursor is a proposal's id. */
  proposals(args: QueryArgs["proposals"] = {}): Promise<Page<Proposal, number>> {
    return this.source.query(this.address, { proposals: args } satisfies QueryMsg);
  }

  /** Every item of `proposals`, from `start_after` on, `limit` to a page. */
  allProposals(args: QueryArgs["proposals"] = {}): AsyncGenerator<Proposal, void, undefined> {
    return each<Proposal, number>((start_after) => this.proposals({ ...args, start_after }), args.start_after);
  }

  /** Absent when the account has not voted. */
  vote(args: QueryArgs["vote"]): Promise<Ballot | null> {
    return this.source.query(this.address, { vote: args } satisfies QueryMsg);
  }

  /** By voter's address, ascending; the cursor is a voter's address. */
  votes(args: QueryArgs["votes"]): Promise<Page<Ballot, Addr>> {
    return this.source.query(this.address, { votes: args } satisfies QueryMsg);
  }

  /** Every item of `votes`, from `start_after` on, `limit` to a page. */
  allVotes(args: QueryArgs["votes"]): AsyncGenerator<Ballot, void, undefined> {
    return each<Ballot, Addr>((start_after) => this.votes({ ...args, start_after }), args.start_after);
  }
}

/** Sends messages to the governance contract, each in a transaction of its own. */
export class GovernanceMessages {
  constructor(
    private readonly sender: Sender,
    readonly address: string,
  ) {}

  /**
   * By an account that had stake when the block began, once `floors.total_stake` is bonded in all: puts
   * messages to the vote, to be executed by this contract in this order, all or none. Accepted are messages of
   * the bank (`send`, `burn`) and of contracts (`execute`, `instantiate`, `instantiate2`, `migrate`,
   * `update_admin`, `clear_admin`); to this contract itself only `update_params`, to staking one `slash` for
   * each account. Funds: exactly the deposit, none when that is 0. Event `proposal_created`.
   */
  propose(args: ExecuteArgs["propose"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { propose: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By an account that had stake when the block of the proposal began, once, while voting is open. No funds.
   * Event `proposal_voted`.
   */
  vote(args: ExecuteArgs["vote"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { vote: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By anyone, after the time-lock of a passed proposal and before it expires, with success once. When any
   * message fails, none has an effect, the failure is on the record with its reason, and it can be tried again.
   * No funds. Events `proposal_executed` or `proposal_failed`.
   */
  execute(args: ExecuteArgs["execute"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { execute: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By anyone, once, after the vote: pays the deposit to the proposer, or leaves it to the treasury when the
   * proposal lost it. No funds. Events `deposit_returned` or `deposit_forfeited`.
   */
  settleDeposit(args: ExecuteArgs["settle_deposit"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { settle_deposit: args } satisfies ExecuteMsg, funds);
  }

  /** By anyone: takes over a contract whose owner has offered it to this one. No funds. Event `ownership_taken`. */
  acceptOwnership(args: ExecuteArgs["accept_ownership"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { accept_ownership: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By this contract, from a proposal: replaces the parameters; proposals that exist keep theirs. No funds.
   * Event `params_updated`.
   */
  updateParams(args: ExecuteArgs["update_params"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { update_params: args } satisfies ExecuteMsg, funds);
  }

  /** By this contract, from `execute`: the messages of the proposal that is being executed. No funds. */
  run(args: ExecuteArgs["run"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { run: args } satisfies ExecuteMsg, funds);
  }
}
