import assert from "node:assert/strict";
import { test } from "node:test";
import { aminoTypes, executeMessage, registry } from "../../src/wasm.js";

const message = executeMessage("wasm1sender", "wasm1contract", { match: { order: 9 } }, [{ denom: "utest", amount: "5" }]);

test("a message survives its binary form", () => {
  assert.deepEqual(registry().decode({ typeUrl: message.typeUrl, value: registry().encode(message) }), message.value);
});

test("signers of JSON are shown the message itself", () => {
  const shown = aminoTypes().toAmino(message);
  assert.equal(shown.type, "wasm/MsgExecuteContract");
  assert.deepEqual(shown.value, {
    sender: "wasm1sender",
    contract: "wasm1contract",
    msg: { match: { order: 9 } },
    funds: [{ denom: "utest", amount: "5" }],
  });
  assert.deepEqual(aminoTypes().fromAmino(shown), message);
});
