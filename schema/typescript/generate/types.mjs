// Turns JSON Schema, as schemars writes it, into TypeScript.

import { isPage, typeName } from "./schema.mjs";

const WIDTH = 112;

/** A documentation comment, wrapped; nothing for no text. */
export function comment(text, indent = "") {
  if (!text) return "";
  const room = WIDTH - indent.length - 3;
  const lines = [];
  for (const paragraph of text.replaceAll("*/", "* /").split("\n")) {
    let line = "";
    for (const word of paragraph.split(/\s+/)) {
      if (line && line.length + word.length + 1 > room) {
        lines.push(line);
        line = word;
      } else {
        line = line ? `${line} ${word}` : word;
      }
    }
    lines.push(line);
  }
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}

const PRIMITIVES = { string: "string", boolean: "boolean", integer: "number", number: "number", null: "null" };

/** A type expression. `seen` collects the names that it refers to. */
export function expression(schema, seen, indent = "") {
  const inner = (part) => expression(part, seen, indent);
  if (schema.$ref) {
    const name = schema.$ref.replace("#/definitions/", "");
    if (/^Page_for_/.test(name)) return inner(seen.types.get(name));
    seen.names.add(name);
    return typeName(name);
  }
  if (schema.allOf?.length === 1) return inner(schema.allOf[0]);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return [...new Set(either.map(inner))].join(" | ");
  if (Array.isArray(schema.type)) {
    return schema.type.map((type) => inner({ ...schema, type })).join(" | ");
  }
  if (isPage(schema)) {
    seen.names.add("Page");
    const cursor = inner(schema.properties.next).split(" | ").filter((part) => part !== "null");
    return `Page<${inner(schema.properties.items.items)}, ${cursor.join(" | ")}>`;
  }
  if (schema.type === "array") {
    const item = inner(schema.items);
    return /[ |{]/.test(item) ? `(${item})[]` : `${item}[]`;
  }
  if (schema.type === "object") return object(schema, seen, indent);
  const primitive = PRIMITIVES[schema.type];
  if (!primitive) throw new Error(`no type for ${JSON.stringify(schema)}`);
  return primitive;
}

function object(schema, seen, indent) {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return "{ [name: string]: never }";
  const required = new Set(schema.required ?? []);
  const deeper = `${indent}  `;
  const fields = properties.map(
    ([name, field]) =>
      `${comment(field.description, deeper)}${deeper}${name}${required.has(name) ? "" : "?"}: ` +
      `${expression(field, seen, deeper)};\n`,
  );
  return `{\n${fields.join("")}${indent}}`;
}

/** An exported type with its documentation; the variants of an enum are documented one by one. */
export function declaration(name, schema, seen) {
  const head = `${comment(schema.description)}export `;
  if (schema.oneOf) {
    const variants = schema.oneOf.map(
      (variant) => `${comment(variant.description, "  ")}  | ${expression(variant, seen, "  ")}\n`,
    );
    return `${head}type ${typeName(name)} =\n${variants.join("").trimEnd()};\n`;
  }
  const body = expression(schema, seen);
  if (schema.type === "object" && body.startsWith("{\n")) return `${head}interface ${typeName(name)} ${body}\n`;
  return `${head}type ${typeName(name)} = ${body};\n`;
}
