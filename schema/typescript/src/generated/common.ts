// Generated from the JSON Schemas by `npm run generate`. Do not edit.

/**
 * A human-readable address.
 *
 * In Cosmos, this is typically bech32 encoded. But for multichain smart contracts no assumptions should be made
 * other than being UTF-8 encoded and of reasonable length.
 *
 * This type represents a validated address. It can be created in the following ways 1. Use
 * `Addr::unchecked(input)` 2. Use `let checked: Addr = deps.api.addr_validate(input)?` 3. Use `let checked:
 * Addr = deps.api.addr_humanize(canonical_addr)?` 4. Deserialize from JSON. This must only be done from JSON
 * that was validated before such as a contract's state. `Addr` must not be used in messages sent by the user
 * because this would result in unvalidated instances.
 *
 * This type is immutable. If you really need to mutate it (Really? Are you sure?), create a mutable copy using
 * `let mut mutable = Addr::to_string()` and operate on that `String` instance.
 */
export type Addr = string;

/** What a provider says of itself and a tenant may ask for, such as `region` = `eu-west`. */
export interface Attribute {
  key: string;
  value: string;
}

/**
 * Binary is a wrapper around Vec<u8> to add base64 de/serialization with serde. It also adds some helper
 * methods to help encode inline.
 *
 * This is only needed as serde-json-{core,wasm} has a horrible encoding for Vec<u8>. See also
 * <https://github.com/CosmWasm/cosmwasm/blob/main/docs/MESSAGE_TYPES.md>.
 */
export type Binary = string;

/**
 * This is a wrapper around Vec<u8> to add hex de/serialization with serde. It also adds some helper methods to
 * help encode inline.
 *
 * This is similar to `cosmwasm_std::Binary` but uses hex. See also
 * <https://github.com/CosmWasm/cosmwasm/blob/main/docs/MESSAGE_TYPES.md>.
 */
export type HexBinary = string;

/** An amount of one denom, in its base unit. */
export interface Money {
  amount: Uint128;
  denom: string;
}

/**
 * A hand-over takes two steps, so that a mistyped address never locks a contract: the owner offers, the other
 * side accepts.
 */
export type OwnershipAction =
  /** By the owner: offers the contract to `new_owner`, replacing an earlier offer. */
  | {
    offer: {
      new_owner: string;
    };
  }
  /** By the owner: takes an offer back. */
  | {
    withdraw: { [name: string]: never };
  }
  /** By the offered account: becomes the owner. */
  | {
    accept: { [name: string]: never };
  };

/**
 * A thin wrapper around u128 that is using strings for JSON encoding/decoding, such that the full u128 range
 * can be used for clients that convert JSON numbers to floats, like JavaScript and jq.
 *
 * # Examples
 *
 * Use `from` to create instances of this and `u128` to get the value out:
 *
 * ``` # use cosmwasm_std::Uint128; let a = Uint128::from(123u128); assert_eq!(a.u128(), 123);
 *
 * let b = Uint128::from(42u64); assert_eq!(b.u128(), 42);
 *
 * let c = Uint128::from(70u32); assert_eq!(c.u128(), 70); ```
 */
export type Uint128 = string;
