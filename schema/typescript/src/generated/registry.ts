// Generated from the JSON Schemas by `npm run generate`. Do not edit.

import type { Funds, OneOf, Outcome, Page, Sender, Source } from "../contract.js";
import { each } from "../paging.js";
import type { Addr, Attribute, Binary, HexBinary, OwnershipAction } from "./common.js";

/** Version of the contract that these types are of. */
export const VERSION = "0.2.0";

/** What an auditor vouches for at one provider. */
export interface Attestation {
  /** Seconds since the epoch. */
  attested_at: number;
  /** Signed, and what the provider says of itself at the time of the block that answers. Sorted by key. */
  attributes: Attribute[];
  auditor: Addr;
  /** Signed, and no longer what the provider says: these count for nothing. Sorted by key. */
  lapsed: Attribute[];
  provider: Addr;
}

/** A provider and one page of its attestations. */
export interface AttestedProvider {
  attestations: Page<Attestation, Addr>;
  provider: Provider;
}

export interface Config {
  /** The market, which is asked for live leases and may jail; absent until wired. */
  market?: Addr | null;
  owner: Addr;
  pending_owner?: Addr | null;
}

/** How to reach the people behind a provider. Each field may be empty. */
export interface Contact {
  email: string;
  name: string;
  website: string;
}

export interface Limits {
  default_page_limit: number;
  max_active_roots: number;
  max_attribute_key_bytes: number;
  max_attribute_value_bytes: number;
  max_attributes: number;
  max_contact_bytes: number;
  max_endpoint_bytes: number;
  max_endpoints: number;
  max_jail_seconds: number;
  max_operators: number;
  max_page_limit: number;
  max_root_der_bytes: number;
  max_root_validity_seconds: number;
  max_roots: number;
}

/**
 * A provider's record. Also readable by raw query under [`crate::raw::PROVIDERS`], which other contracts use
 * because it costs no contract start.
 */
export interface Provider {
  /** Sorted by key; no key twice. */
  attributes: Attribute[];
  contact: Contact;
  /** Base addresses of the provider's gateways, `https://host:port`. */
  endpoints: string[];
  /** Seconds since the epoch until which the provider may not win orders; 0 when it is not jailed. */
  jailed_until: number;
  /** Hot keys, which may bid, activate, decline and withdraw to `payout`, and nothing else. */
  operators: Addr[];
  /** The cold key, which is also the provider's id. */
  owner: Addr;
  /** Where all earnings go. */
  payout: Addr;
  /** Seconds since the epoch. */
  registered_at: number;
  /** The latest end of validity of the owner's unrevoked roots, in seconds since the epoch; 0 without one. */
  root_valid_until: number;
  /** Seconds since the epoch. */
  updated_at: number;
}

/** One certificate root of an account. */
export interface Root {
  account: Addr;
  /** The certificate itself, so that a peer can verify leaves from the chain alone. */
  der: Binary;
  /** SHA-256 of the DER. */
  fingerprint: HexBinary;
  /** SHA-256 of the DER of the subject's public key info. */
  key_hash: HexBinary;
  /** Seconds since the epoch; the last second of validity. */
  not_after: number;
  /** Seconds since the epoch. */
  not_before: number;
  /** Seconds since the epoch. */
  published_at: number;
  /** Seconds since the epoch; absent while the root is not revoked. */
  revoked_at?: number | null;
  /** At the time of the block that answers. */
  state: RootState;
}

export type RootState =
  /** Current and not revoked. */
  | "active"
  /** Past its validity. */
  | "expired"
  /** Revoked by its account, for good. */
  | "revoked";

export interface InstantiateMsg {
  /** The account that wires and administers the contract; governance after the hand-over. */
  owner: string;
}

export type MigrateMsg = { [name: string]: never };

/** Arguments of each message. */
export interface ExecuteArgs {
  /** By anyone: registers the sender as a provider. Event `provider_registered`. */
  register: {
    attributes: Attribute[];
    contact?: Contact | null;
    endpoints: string[];
    /** Where earnings go; the sender when absent. */
    payout?: string | null;
  };
  /** By a provider's owner: changes what is given and keeps the rest. Event `provider_updated`. */
  update: {
    attributes?: Attribute[] | null;
    contact?: Contact | null;
    endpoints?: string[] | null;
    payout?: string | null;
  };
  /**
   * By a provider's owner: leaves the market. Refused while the market counts live leases of it. Stake unbonds
   * as usual. Event `provider_deregistered`.
   */
  deregister: { [name: string]: never };
  /** By a provider's owner: lets `operator` bid, activate, decline and withdraw. Event `operator_added`. */
  add_operator: {
    operator: string;
  };
  /** By a provider's owner, effective at once. Event `operator_removed`. */
  remove_operator: {
    operator: string;
  };
  /**
   * By any account, for itself: publishes a root. The certificate must be a current, self-signed CA certificate
   * with a valid P-256 or Ed25519 signature whose subject common name is the sender's address. Earlier roots
   * stay valid until they expire or are revoked. Event `root_published`.
   */
  publish_root: {
    der: Binary;
  };
  /** By the root's account: final and immediate. Event `root_revoked`. */
  revoke_root: {
    fingerprint: HexBinary;
  };
  /**
   * By any account, as an auditor: vouches for these attributes of a provider, each of which the provider must
   * say of itself now. Replaces what the sender vouched for before. An attestation covers key and value: once
   * the provider changes a value, or registers anew, it counts no longer. Event `attestation_signed`.
   */
  attest: {
    attributes: Attribute[];
    provider: string;
  };
  /** By the auditor, effective at once, whatever became of the provider. Event `attestation_revoked`. */
  revoke_attestation: {
    provider: string;
  };
  /**
   * By the market or the contract's owner: the provider wins no orders for this many seconds from now, at most
   * `MAX_JAIL_SECONDS`. A longer jailing that already runs is kept. Event `provider_jailed`.
   */
  jail: {
    provider: string;
    reason: string;
    seconds: number;
  };
  /** By the contract's owner. Event `provider_unjailed`. */
  unjail: {
    provider: string;
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
  /** Fails when the account is not a provider. */
  provider: {
    provider: string;
  };
  /**
   * A provider together with what auditors vouch for, by auditor address; the cursor is an auditor's address.
   * Fails when the account is not a provider.
   */
  attested_provider: {
    limit?: number | null;
    provider: string;
    start_after?: string | null;
  };
  /** What an auditor vouches for, by the providers' owner addresses; the cursor is an owner address. */
  attestations_of_auditor: {
    auditor: string;
    limit?: number | null;
    start_after?: string | null;
  };
  /** By owner address, ascending; the cursor is an owner address. */
  providers: {
    limit?: number | null;
    start_after?: string | null;
  };
  /** The provider that an operator key works for; absent when it works for none. A key works for one provider. */
  provider_of_operator: {
    operator: string;
  };
  /** Roots of an account in all states, by fingerprint; the cursor is a fingerprint. */
  roots: {
    account: string;
    limit?: number | null;
    start_after?: HexBinary | null;
  };
  /** Fails when the account has no such root. */
  root: {
    account: string;
    fingerprint: HexBinary;
  };
}

export type QueryMsg = OneOf<QueryArgs>;

/** Asks the registry contract. */
export class RegistryQueries {
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

  /** Fails when the account is not a provider. */
  provider(args: QueryArgs["provider"]): Promise<Provider> {
    return this.source.query(this.address, { provider: args } satisfies QueryMsg);
  }

  /**
   * A provider together with what auditors vouch for, by auditor address; the cursor is an auditor's address.
   * Fails when the account is not a provider.
   */
  attestedProvider(args: QueryArgs["attested_provider"]): Promise<AttestedProvider> {
    return this.source.query(this.address, { attested_provider: args } satisfies QueryMsg);
  }

  /** What an auditor vouches for, by the providers' owner addresses; the cursor is an owner address. */
  attestationsOfAuditor(args: QueryArgs["attestations_of_auditor"]): Promise<Page<Attestation, Addr>> {
    return this.source.query(this.address, { attestations_of_auditor: args } satisfies QueryMsg);
  }

  /** Every item of `attestationsOfAuditor`, from `start_after` on, `limit` to a page. */
  allAttestationsOfAuditor(args: QueryArgs["attestations_of_auditor"]): AsyncGenerator<Attestation, void, undefined> {
    return each<Attestation, Addr>((start_after) => this.attestationsOfAuditor({ ...args, start_after }), args.start_after);
  }

  /** By owner address, ascending; the cursor is an owner address. */
  providers(args: QueryArgs["providers"] = {}): Promise<Page<Provider, Addr>> {
    return this.source.query(this.address, { providers: args } satisfies QueryMsg);
  }

  /** Every item of `providers`, from `start_after` on, `limit` to a page. */
  allProviders(args: QueryArgs["providers"] = {}): AsyncGenerator<Provider, void, undefined> {
    return each<Provider, Addr>((start_after) => this.providers({ ...args, start_after }), args.start_after);
  }

  /** The provider that an operator key works for; absent when it works for none. A key works for one provider. */
  providerOfOperator(args: QueryArgs["provider_of_operator"]): Promise<Addr | null> {
    return this.source.query(this.address, { provider_of_operator: args } satisfies QueryMsg);
  }

  /** Roots of an account in all states, by fingerprint; the cursor is a fingerprint. */
  roots(args: QueryArgs["roots"]): Promise<Page<Root, HexBinary>> {
    return this.source.query(this.address, { roots: args } satisfies QueryMsg);
  }

  /** Every item of `roots`, from `start_after` on, `limit` to a page. */
  allRoots(args: QueryArgs["roots"]): AsyncGenerator<Root, void, undefined> {
    return each<Root, HexBinary>((start_after) => this.roots({ ...args, start_after }), args.start_after);
  }

  /** Fails when the account has no such root. */
  root(args: QueryArgs["root"]): Promise<Root> {
    return this.source.query(this.address, { root: args } satisfies QueryMsg);
  }
}

/** Sends messages to the registry contract, each in a transaction of its own. */
export class RegistryMessages {
  constructor(
    private readonly sender: Sender,
    readonly address: string,
  ) {}

  /** By anyone: registers the sender as a provider. Event `provider_registered`. */
  register(args: ExecuteArgs["register"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { register: args } satisfies ExecuteMsg, funds);
  }

  /** By a provider's owner: changes what is given and keeps the rest. Event `provider_updated`. */
  update(args: ExecuteArgs["update"] = {}, funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { update: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By a provider's owner: leaves the market. Refused while the market counts live leases of it. Stake unbonds
   * as usual. Event `provider_deregistered`.
   */
  deregister(funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { deregister: {} } satisfies ExecuteMsg, funds);
  }

  /** By a provider's owner: lets `operator` bid, activate, decline and withdraw. Event `operator_added`. */
  addOperator(args: ExecuteArgs["add_operator"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { add_operator: args } satisfies ExecuteMsg, funds);
  }

  /** By a provider's owner, effective at once. Event `operator_removed`. */
  removeOperator(args: ExecuteArgs["remove_operator"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { remove_operator: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By any account, for itself: publishes a root. The certificate must be a current, self-signed CA certificate
   * with a valid P-256 or Ed25519 signature whose subject common name is the sender's address. Earlier roots
   * stay valid until they expire or are revoked. Event `root_published`.
   */
  publishRoot(args: ExecuteArgs["publish_root"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { publish_root: args } satisfies ExecuteMsg, funds);
  }

  /** By the root's account: final and immediate. Event `root_revoked`. */
  revokeRoot(args: ExecuteArgs["revoke_root"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { revoke_root: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By any account, as an auditor: vouches for these attributes of a provider, each of which the provider must
   * say of itself now. Replaces what the sender vouched for before. An attestation covers key and value: once
   * the provider changes a value, or registers anew, it counts no longer. Event `attestation_signed`.
   */
  attest(args: ExecuteArgs["attest"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { attest: args } satisfies ExecuteMsg, funds);
  }

  /** By the auditor, effective at once, whatever became of the provider. Event `attestation_revoked`. */
  revokeAttestation(args: ExecuteArgs["revoke_attestation"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { revoke_attestation: args } satisfies ExecuteMsg, funds);
  }

  /**
   * By the market or the contract's owner: the provider wins no orders for this many seconds from now, at most
   * `MAX_JAIL_SECONDS`. A longer jailing that already runs is kept. Event `provider_jailed`.
   */
  jail(args: ExecuteArgs["jail"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { jail: args } satisfies ExecuteMsg, funds);
  }

  /** By the contract's owner. Event `provider_unjailed`. */
  unjail(args: ExecuteArgs["unjail"], funds: Funds = []): Promise<Outcome> {
    return this.sender.send(this.address, { unjail: args } satisfies ExecuteMsg, funds);
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
