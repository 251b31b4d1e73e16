// The module of one contract: its types, the arguments of its messages and queries, and a class for each of the two.

import { CONTRACTS, isPage, typeName } from "./schema.mjs";
import { comment, declaration, expression } from "./types.mjs";

export const HEAD = "// Generated from the JSON Schemas by `npm run generate`. Do not edit.\n\n";

const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

/** How a call takes its arguments: not at all, as it likes, or always. */
function signature(variant, args) {
  const { args: schema } = variant;
  if (schema.type === "object" && Object.keys(schema.properties ?? {}).length === 0) return { param: "", value: "{}" };
  const optional = schema.type === "object" && (schema.required ?? []).length === 0;
  return { param: `args: ${args}["${variant.name}"]${optional ? " = {}" : ""}`, value: "args" };
}

/** Types of the arguments by name of the message, and the message itself. */
function messages(kind, variants, seen) {
  const fields = variants.map(
    (variant) => `${comment(variant.description, "  ")}  ${variant.name}: ${expression(variant.args, seen, "  ")};\n`,
  );
  return (
    `/** Arguments of each ${kind === "Execute" ? "message" : "query"}. */\n` +
    `export interface ${kind}Args {\n${fields.join("")}}\n\n` +
    `export type ${kind}Msg = OneOf<${kind}Args>;\n`
  );
}

/** The same list without pages. */
function everyPage(variant, param, answer) {
  const items = answer.replace(/^Page/, "");
  const item = items.slice(1, items.lastIndexOf(","));
  const name = camel(variant.name);
  return (
    `\n  /** Every item of \`${name}\`, from \`start_after\` on, \`limit\` to a page. */\n` +
    `  ${camel(`all_${variant.name}`)}(${param}): AsyncGenerator<${item}, void, undefined> {\n` +
    `    return each${items}((start_after) => this.${name}({ ...args, start_after }), args.start_after);\n  }\n`
  );
}

function queries(contract, seen) {
  const methods = contract.query.map((variant) => {
    const answer = expression(contract.answers.get(variant.name), seen);
    const { param, value } = signature(variant, "QueryArgs");
    return (
      `${comment(variant.description, "  ")}  ${camel(variant.name)}(${param}): Promise<${answer}> {\n` +
      `    return this.source.query(this.address, { ${variant.name}: ${value} } satisfies QueryMsg);\n  }\n` +
      (isPage(contract.answers.get(variant.name)) ? everyPage(variant, param, answer) : "")
    );
  });
  return (
    `/** Asks the ${contract.name} contract. */\nexport class ${contract.type}Queries {\n` +
    "  constructor(\n    private readonly source: Source,\n    readonly address: string,\n  ) {}\n\n" +
    `${methods.join("\n")}}\n`
  );
}

function sending(contract) {
  const methods = contract.execute.map((variant) => {
    const { param, value } = signature(variant, "ExecuteArgs");
    return (
      `${comment(variant.description, "  ")}  ${camel(variant.name)}(${param}${param ? ", " : ""}` +
      `funds: Funds = []): Promise<Outcome> {\n` +
      `    return this.sender.send(this.address, { ${variant.name}: ${value} } satisfies ExecuteMsg, funds);\n  }\n`
    );
  });
  return (
    `/** Sends messages to the ${contract.name} contract, each in a transaction of its own. */\n` +
    `export class ${contract.type}Messages {\n` +
    "  constructor(\n    private readonly sender: Sender,\n    readonly address: string,\n  ) {}\n\n" +
    `${methods.join("\n")}}\n`
  );
}

function types(names, all, seen) {
  return names.map((name) => declaration(name, all.get(name), seen)).join("\n");
}

/** Types that more than one contract has, once. */
export function common(shared) {
  const seen = { names: new Set(), types: shared };
  const names = [...shared.keys()].filter((name) => !name.startsWith("Page_for_")).sort();
  return `${HEAD}${types(names, shared, seen)}`;
}

export function contractModule(contract, shared) {
  const seen = { names: new Set(), types: contract.types };
  const own = [...contract.types.keys()].filter((name) => !shared.has(name) && !name.startsWith("Page_for_")).sort();
  const body = [
    types(own, contract.types, seen),
    declaration("InstantiateMsg", contract.instantiate, seen),
    declaration("MigrateMsg", contract.migrate, seen),
    messages("Execute", contract.execute, seen),
    messages("Query", contract.query, seen),
    queries(contract, seen),
    sending(contract),
  ].join("\n");
  const needed = [...seen.names].filter((name) => shared.has(name)).map(typeName).sort();
  const fromContract = ["Funds", "OneOf", "Outcome", ...(seen.names.has("Page") ? ["Page"] : []), "Sender", "Source"];
  return (
    `${HEAD}import type { ${fromContract.join(", ")} } from "../contract.js";\n` +
    `${seen.names.has("Page") ? 'import { each } from "../paging.js";\n' : ""}` +
    `${needed.length ? `import type { ${needed.join(", ")} } from "./common.js";\n` : ""}\n` +
    `/** Version of the contract that these types are of. */\nexport const VERSION = "${contract.version}";\n\n${body}`
  );
}

/** The four contracts together, by the names that the address book gives them. */
export function suiteModule() {
  const imports = CONTRACTS.map(
    ({ name, type }) => `import { ${type}Messages, ${type}Queries } from "./${name}.js";\n`,
  ).join("");
  const names = CONTRACTS.map(({ name }) => `"${name}"`).join(", ");
  const group = (kind, doc) =>
    `/** ${doc} */\nexport interface Suite${kind} {\n` +
    `${CONTRACTS.map(({ name, type }) => `  readonly ${name}: ${type}${kind};\n`).join("")}}\n`;
  const make = (kind, via, type) =>
    `export const ${via}Suite = (${via}: ${type}, of: (name: ContractName) => string): Suite${kind} => ({\n` +
    `${CONTRACTS.map(({ name, type: t }) => `  ${name}: new ${t}${kind}(${via}, of("${name}")),\n`).join("")}});\n`;
  return (
    `${HEAD}import type { Sender, Source } from "../contract.js";\n${imports}\n` +
    `export const CONTRACT_NAMES = [${names}] as const;\n\n` +
    "export type ContractName = (typeof CONTRACT_NAMES)[number];\n\n" +
    `${group("Queries", "What the contracts answer.")}\n${group("Messages", "What the contracts take.")}\n` +
    `${make("Queries", "source", "Source")}\n${make("Messages", "sender", "Sender")}`
  );
}
