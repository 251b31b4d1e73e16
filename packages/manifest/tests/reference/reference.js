// What Akash's own SDK makes of a file.

import { load } from "js-yaml";
import { generateManifest, generateManifestVersion, manifestToSortedJSON } from "@akashnetwork/chain-sdk";

/** `{ manifest, version }`, the manifest as the text that is hashed, or `{ refused }` with the reason. */
export async function reference(source) {
  try {
    const result = generateManifest(load(source));
    if (!result.ok) return { refused: result.value.map((error) => error.message).join(" | ") };
    const { groups } = result.value;
    const version = Buffer.from(await generateManifestVersion(groups)).toString("hex");
    return { manifest: manifestToSortedJSON(groups), version };
  } catch (error) {
    return { refused: error.message };
  }
}
