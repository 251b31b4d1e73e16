import assert from "node:assert/strict";
import { test } from "node:test";
import { TimeoutError } from "@cosmjs/stargate";
import { ChainRefusal, ContractRefusal, NotIncluded, Unreachable } from "../../src/index.js";
import { refusal, understand } from "../../src/errors.js";

test("a contract's own words are found in what the node says", () => {
  for (const text of [
    "Query failed with (6): rpc error: code = Unknown desc = failed to execute message; message index: 0: there is no order 9: execute wasm contract failed [wasm/keeper.go:1] with gas used: '1': unknown request",
    "failed to execute message; message index: 3: there is no order 9: execute wasm contract failed",
    "Query failed with (18): there is no order 9: query wasm contract failed: invalid request",
    "failed to execute message; message index: 0: dispatch: submessages: there is no order 9: execute wasm contract failed",
  ]) {
    const error = refusal(text, null);
    assert.ok(error instanceof ContractRefusal, text);
    assert.equal(error.reason, "there is no order 9", text);
  }
});

test("what the chain itself refuses has a reason", () => {
  for (const [text, reason] of [
    ["spendable balance 1uakash is smaller than 2uakash: insufficient funds", "insufficient-funds"],
    ["out of gas in location: ReadFlat; gasWanted: 1, gasUsed: 2: out of gas", "out-of-gas"],
    ["account sequence mismatch, expected 5, got 4: incorrect account sequence", "wrong-sequence"],
    ["insufficient fees; got: 1uakash required: 2uakash: insufficient fee", "fee-too-low"],
    ["something new", "other"],
  ] as const) {
    const error = refusal(text, "AB");
    assert.ok(error instanceof ChainRefusal, text);
    assert.deepEqual([error.reason, error.hash], [reason, "AB"]);
  }
});

test("whatever CosmJS throws becomes one of the types, once", () => {
  const late = understand(new TimeoutError("late", "AB"));
  assert.ok(late instanceof NotIncluded);
  assert.equal(late.hash, "AB");
  assert.equal(understand(late), late);
  assert.ok(understand(new TypeError("fetch failed")) instanceof Unreachable);
  assert.ok(understand("odd") instanceof Unreachable);
});
