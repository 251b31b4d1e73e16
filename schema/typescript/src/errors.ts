// What can go wrong, as types. Each message says what happened; `cause` is what CosmJS threw, where it did.

import { BroadcastTxError, TimeoutError } from "@cosmjs/stargate";

/** Anything that this package throws because of the chain or the way to it. */
export abstract class SuiteError extends Error {
  abstract readonly kind: "contract" | "chain" | "not-included" | "unreachable" | "setup";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A contract refused a message or a query: nothing changed. */
export class ContractRefusal extends SuiteError {
  readonly kind = "contract";

  constructor(
    /** The contract's own words: what it expected and what it was given. */
    readonly reason: string,
    /** The transaction, when it was in a block and cost its fee; none when a simulation or a query told. */
    readonly hash: string | null,
    options?: ErrorOptions,
  ) {
    super(reason, options);
  }
}

/** Why the chain itself refuses a transaction. */
export type ChainReason = "insufficient-funds" | "out-of-gas" | "wrong-sequence" | "fee-too-low" | "no-account" | "other";

/** The chain's own modules refused a transaction or a query: nothing changed. */
export class ChainRefusal extends SuiteError {
  readonly kind = "chain";

  constructor(
    readonly reason: ChainReason,
    message: string,
    readonly hash: string | null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The transaction was not in a block in the time given. It may still get into one: look its hash up. */
export class NotIncluded extends SuiteError {
  readonly kind = "not-included";

  constructor(
    readonly hash: string,
    options?: ErrorOptions,
  ) {
    super(`transaction ${hash} was not in a block in the time given; it may still be`, options);
  }
}

/** No node answered. */
export class Unreachable extends SuiteError {
  readonly kind = "unreachable";
}

/** Book, endpoint and signer do not fit together. */
export class BadSetup extends SuiteError {
  readonly kind = "setup";
}

const AFTER_CONTRACT = /: (?:execute|query|instantiate|migrate|dispatch: submessages|reply) wasm contract failed/;

/** What precedes a contract's own words: the node's, the router's, and those of calls between contracts. */
const BEFORE_CONTRACT = [
  /^Query failed with \(\d+\): /,
  /^rpc error: code = \w+ desc = /,
  /^failed to execute message; message index: \d+: /,
  /^dispatch: submessages: /,
];

const CHAIN_REASONS: readonly (readonly [RegExp, ChainReason])[] = [
  [/insufficient funds|spendable balance .* is smaller than/, "insufficient-funds"],
  [/out of gas/, "out-of-gas"],
  [/account sequence mismatch/, "wrong-sequence"],
  [/insufficient fee/, "fee-too-low"],
  [/does not exist on chain|account .* not found|fee payer address: .* does not exist/, "no-account"],
];

/** The refusal that a node's text tells of. */
export function refusal(text: string, hash: string | null, cause?: unknown): ContractRefusal | ChainRefusal {
  const end = AFTER_CONTRACT.exec(text);
  if (end) {
    const reason = BEFORE_CONTRACT.reduce((rest, prefix) => rest.replace(prefix, ""), text.slice(0, end.index));
    return new ContractRefusal(reason, hash, { cause });
  }
  const reason = CHAIN_REASONS.find(([pattern]) => pattern.test(text))?.[1] ?? "other";
  return new ChainRefusal(reason, text, hash, { cause });
}

/** Anything that CosmJS throws, as one of the types above. */
export function understand(error: unknown): SuiteError {
  if (error instanceof SuiteError) return error;
  if (error instanceof TimeoutError) return new NotIncluded(error.txId, { cause: error });
  if (error instanceof BroadcastTxError) return refusal(error.log ?? error.message, null, error);
  const text = error instanceof Error ? error.message : String(error);
  if (/^Query failed with|does not exist on chain/.test(text)) return refusal(text, null, error);
  return new Unreachable(`no answer from the node: ${text}`, { cause: error });
}
