// From schema/events.json: the types of events, what is needed to read them, and the page that documents them.

import { readFileSync } from "node:fs";
import { HEAD } from "./clients.mjs";
import { CONTRACTS } from "./schema.mjs";
import { comment } from "./types.mjs";

/** What an attribute's text becomes. */
const KINDS = {
  id: { type: "number", read: "number" },
  count: { type: "number", read: "number" },
  time: { type: "number", read: "number" },
  seconds: { type: "number", read: "number" },
  height: { type: "number", read: "number" },
  bps: { type: "number", read: "number" },
  flag: { type: "boolean", read: "flag" },
  amount: { type: "string", read: "text" },
  address: { type: "string", read: "text" },
  denom: { type: "string", read: "text" },
  hex: { type: "string", read: "text" },
  text: { type: "string", read: "text" },
  list: { type: "string[]", read: "list" },
};

const optional = (name) => name.endsWith("?");
const plain = (name) => name.replace(/\?$/, "");

export function readEvents(root) {
  const document = JSON.parse(readFileSync(new URL("events.json", root), "utf8"));
  for (const [contract, { attributes, events }] of Object.entries(document.contracts)) {
    for (const [name, { kind }] of Object.entries(attributes)) {
      if (!KINDS[kind] || !document.kinds[kind]) throw new Error(`${contract}: ${name} is of no known kind: ${kind}`);
    }
    for (const [name, event] of Object.entries(events)) {
      const unknown = event.attributes.filter((attribute) => !attributes[plain(attribute)]);
      if (unknown.length) throw new Error(`${contract}: ${name} names undescribed attributes: ${unknown}`);
    }
  }
  return document;
}

export function eventsModule({ contracts }) {
  const parts = CONTRACTS.map(({ name, type }) => {
    const { attributes, events } = contracts[name];
    const fields = (event) =>
      event.attributes
        .map((attribute) => {
          const { kind, meaning } = attributes[plain(attribute)];
          return (
            `${comment(meaning, "    ")}    ${plain(attribute)}${optional(attribute) ? "?" : ""}: ` +
            `${KINDS[kind].type};\n`
          );
        })
        .join("");
    const each = Object.entries(events).map(
      ([event, about]) => `${comment(about.when, "  ")}  ${event}: {\n${fields(about)}  };\n`,
    );
    return `/** Events of the ${name} contract by name. */\nexport interface ${type}Events {\n${each.join("")}}\n`;
  });
  const table = CONTRACTS.map(({ name }) => {
    const kinds = Object.entries(contracts[name].attributes).map(
      ([attribute, { kind }]) => `    ${attribute}: "${KINDS[kind].read}",\n`,
    );
    return `  ${name}: {\n${kinds.join("")}  },\n`;
  });
  const groups = CONTRACTS.map(({ name, type }) => `  ${name}: ${type}Events;\n`).join("");
  return (
    `${HEAD}${parts.join("\n")}\n/** Events of all contracts. */\nexport interface SuiteEvents {\n${groups}}\n\n` +
    "/** How the text of each attribute is read. */\nexport const READINGS = {\n" +
    `${table.join("")}} as const;\n`
  );
}

export function eventsPage({ about, kinds, contracts }) {
  const kindRows = Object.entries(kinds).map(([kind, meaning]) => `| ${kind} | ${meaning} |\n`);
  const parts = CONTRACTS.map(({ name }) => {
    const { attributes, events } = contracts[name];
    const rows = Object.entries(events).map(
      ([event, { when, attributes: names }]) =>
        `| \`${event}\` | ${when} | ${names.map((a) => `\`${plain(a)}\`${optional(a) ? "?" : ""}`).join(", ")} |\n`,
    );
    const meanings = Object.entries(attributes).map(
      ([attribute, { kind, meaning }]) => `| \`${attribute}\` | ${kind} | ${meaning} |\n`,
    );
    return (
      `## ${name[0].toUpperCase()}${name.slice(1)}\n\n| event | when | attributes |\n| --- | --- | --- |\n${rows.join("")}\n` +
      `| attribute | kind | meaning |\n| --- | --- | --- |\n${meanings.join("")}`
    );
  });
  return (
    "<!-- Generated from schema/events.json by `npm run generate` in schema/typescript. Do not edit. -->\n\n" +
    `# Events\n\n${about.join("\n\n")}\n\n## Kinds of attributes\n\n| kind | written as |\n| --- | --- |\n` +
    `${kindRows.join("")}\n${parts.join("\n")}`
  );
}
