import type { ContractName } from "./generated/suite.js";

/** The address book that `scripts/deploy` writes: everything that a client has to know of a deployment. */
export interface AddressBook {
  readonly schema: number;
  readonly chain_id: string;
  /** RPC endpoints; the first that answers is used. */
  readonly rpc: readonly string[];
  readonly bech32_prefix: string;
  readonly gas_price: { readonly denom: string; readonly amount: string };
  /** Which denom of this chain a denom of manifests stands for. */
  readonly sdl_denoms: Readonly<Record<string, string>>;
  readonly contracts: { readonly [Name in ContractName]?: { readonly address: string } };
}
