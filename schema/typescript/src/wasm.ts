// What CosmJS's own packages do not have at the version that knows accounts numbered beyond 53 bits, as newer chains
// number them: the message that executes a contract, and the query that asks one.

import { fromUtf8, toUtf8 } from "@cosmjs/encoding";
import { type EncodeObject, Registry } from "@cosmjs/proto-signing";
import {
  AminoTypes,
  createDefaultAminoConverters,
  createProtobufRpcClient,
  defaultRegistryTypes,
  QueryClient,
} from "@cosmjs/stargate";
import type { CometClient } from "@cosmjs/tendermint-rpc";
import { QueryClientImpl } from "cosmjs-types/cosmwasm/wasm/v1/query";
import { MsgExecuteContract } from "cosmjs-types/cosmwasm/wasm/v1/tx";
import type { Funds } from "./contract.js";

const EXECUTE = "/cosmwasm.wasm.v1.MsgExecuteContract";

export function executeMessage(sender: string, contract: string, message: object, funds: Funds): EncodeObject {
  const msg = toUtf8(JSON.stringify(message));
  return { typeUrl: EXECUTE, value: MsgExecuteContract.fromPartial({ sender, contract, msg, funds: [...funds] }) };
}

export const registry = () => new Registry([...defaultRegistryTypes, [EXECUTE, MsgExecuteContract]]);

/** For signers that sign JSON, such as hardware wallets. */
export const aminoTypes = () =>
  new AminoTypes({
    ...createDefaultAminoConverters(),
    [EXECUTE]: {
      aminoType: "wasm/MsgExecuteContract",
      toAmino: ({ sender, contract, msg, funds }: MsgExecuteContract) => ({
        sender,
        contract,
        msg: JSON.parse(fromUtf8(msg)),
        funds,
      }),
      fromAmino: ({ sender, contract, msg, funds }): MsgExecuteContract => ({
        sender,
        contract,
        msg: toUtf8(JSON.stringify(msg)),
        funds: [...funds],
      }),
    },
  });

/** Asks any contract anything. */
export function smartQueries(comet: CometClient): (address: string, message: object) => Promise<unknown> {
  const wasm = new QueryClientImpl(createProtobufRpcClient(QueryClient.withExtensions(comet)));
  return async (address, message) => {
    const queryData = toUtf8(JSON.stringify(message));
    const { data } = await wasm.SmartContractState({ address, queryData });
    return JSON.parse(fromUtf8(data));
  };
}
