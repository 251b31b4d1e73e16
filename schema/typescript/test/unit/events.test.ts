import assert from "node:assert/strict";
import { test } from "node:test";
import { type AddressBook, allOf, firstOf, readEvents } from "../../src/index.js";

const book: AddressBook = {
  schema: 1,
  chain_id: "test-1",
  rpc: [],
  bech32_prefix: "wasm",
  gas_price: { denom: "utest", amount: "0" },
  sdl_denoms: {},
  contracts: { market: { address: "wasm1market" }, registry: { address: "wasm1registry" } },
};

const raw = (type: string, contract: string, attributes: Record<string, string>) => ({
  type,
  attributes: Object.entries({ _contract_address: contract, ...attributes, msg_index: "1" }).map(([key, value]) => ({
    key,
    value,
  })),
});

test("attributes have the type that the page gives them", () => {
  const events = readEvents(book, [
    raw("wasm-order_created", "wasm1market", { order: "7", max_price: "340282366920938463463374607431768211455" }),
    raw("wasm-provider_updated", "wasm1registry", { endpoints: "https://a.example,https://b.example" }),
    raw("wasm-provider_updated", "wasm1registry", { endpoints: "" }),
  ]);
  const created = firstOf(events, "market", "order_created");
  assert.equal(created.order, 7);
  assert.equal(created.max_price, "340282366920938463463374607431768211455");
  assert.deepEqual(
    allOf(events, "registry", "provider_updated").map((event) => event.endpoints),
    [["https://a.example", "https://b.example"], []],
  );
  assert.deepEqual(
    events.map((event) => event.message),
    [1, 1, 1],
  );
});

test("events of other contracts are not ours, whatever their name", () => {
  const events = readEvents(book, [
    raw("wasm-order_created", "wasm1other", { order: "7" }),
    raw("wasm", "wasm1market", { order: "7" }),
    raw("transfer", "wasm1market", { amount: "1utest" }),
    { type: "wasm-order_created", attributes: [{ key: "order", value: "7" }] },
  ]);
  assert.deepEqual(events, []);
  assert.throws(() => firstOf(events, "market", "order_created"), /expected an event market.order_created, found none/);
});

test("an attribute that joined later is read as text", () => {
  const [event] = readEvents(book, [raw("wasm-order_created", "wasm1market", { order: "7", colour: "12" })]);
  assert.deepEqual(event?.attributes, { order: 7, colour: "12" });
});
